// Room:  tests of HTTP.
// Task:  replies cut anywhere, and replies that are none.
// May:   HTTP.
// Proof: itself

import HTTP
import Testing

@Suite struct ReplyParserTests {
    static let replies: [(String, Int, String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length:  1 \r\n\r\nx",
            201, "x"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "5;a=b\r\nhello\r\nA\r\n, \r\nworld!\r\n0\r\nTrailer: t\r\n\r\n", 200,
            "hello, \r\nworld!"
        ),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, ""),
        ("HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n", 503, ""),
    ]

    @Test func everySplitGivesTheSameReply() throws {
        for (text, status, body) in ReplyParserTests.replies {
            let bytes = Array(text.utf8)
            for cut in 0...bytes.count {
                var parser = HTTPReplyParser(limit: 100)
                let early = try parser.push(bytes[..<cut])
                #expect(early == (cut == bytes.count), "\(text) cut at \(cut)")
                let whole = try parser.push(bytes[cut...])
                #expect(whole, "\(text) cut at \(cut)")
                #expect(parser.status == status)
                #expect(String(decoding: parser.body, as: UTF8.self) == body)
            }
        }
    }

    @Test func whatIsNoReplyIsRefused() {
        for text in [
            "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            String(repeating: "x", count: 70_000),
        ] {
            var parser = HTTPReplyParser(limit: 100)
            #expect(throws: HTTPReplyParser.Failure.self, "\(text.prefix(80))") {
                try parser.push(Array(text.utf8)[...])
            }
        }
    }

    @Test func aBodyUpToTheEndHasALimitToo() throws {
        var parser = HTTPReplyParser(limit: 3)
        var whole = try parser.push(Array("HTTP/1.1 200 OK\r\n\r\nabc".utf8)[...])
        #expect(!whole && parser.end())
        #expect(throws: HTTPReplyParser.Failure.tooLong) {
            whole = try parser.push([100])
        }
    }
}
