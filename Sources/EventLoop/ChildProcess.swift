// Room:  EventLoop (floor 1).
// Task:  child processes: start, output, signals, exit.
// May:   CLibuv, Glibc.
// Proof: Tests/EventLoopTests/ChildProcessTests.swift

import CLibuv
import Glibc

/// A process that we started. Keep it for as long as its exit matters; letting go of it, or
/// closing it, does not end the process.
public final class ChildProcess: LoopHandle {
    /// Where the child's output goes.
    public enum Output {
        case inherit
        case null
        /// Appended to, made if missing (mode 0600).
        case file(String)
        /// Called with each piece, and with an empty one at the end.
        case pipe((UnsafeRawBufferPointer) -> Void)
    }

    private var onExit: ((_ exitStatus: Int64, _ signal: Int32) -> Void)?
    private var pipes: [OutputPipe] = []
    public private(set) var pid: Int32 = 0
    public private(set) var isRunning = false

    /// Starts `executable` (a path, or a name to look for in PATH).
    ///
    /// - arguments: without the program's own name.
    /// - environment: nil: as ours.
    /// - onExit: once, on the loop; output in pipes may still come afterwards.
    /// - Throws: `EventLoopError.noSuchFile`, `.permission`, ….
    public static func spawn(
        loop: EventLoop, executable: String, arguments: [String],
        environment: [String: String]? = nil, standardOutput: Output = .inherit,
        standardError: Output = .inherit,
        onExit: @escaping (_ exitStatus: Int64, _ signal: Int32) -> Void
    ) throws(EventLoopError) -> ChildProcess {
        let outputs = [standardOutput, standardError]
        var files: [Int32] = []
        var opened: [Int32] = []
        defer { for descriptor in opened { Glibc.close(descriptor) } }
        for (index, output) in outputs.enumerated() {
            guard case .file(let path) = output else {
                files.append(Int32(index + 1))
                continue
            }
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw EventLoopError(status: -errno, subject: "open \(path)")
            }
            opened.append(descriptor)
            files.append(descriptor)
        }
        let child = ChildProcess(loop: loop)
        child.onExit = onExit
        let variables = environment?.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        try child.start(executable, arguments, variables, outputs, files)
        return child
    }

    private init(loop: EventLoop) {
        // uv_spawn initialises the handle, before anything that may fail, and runs in any case.
        super.init(loop: loop, type: UV_PROCESS) { _, memory in
            memory.initializeMemory(
                as: UInt8.self, repeating: 0, count: uv_handle_size(UV_PROCESS))
            return 0
        }
    }

    private func start(
        _ executable: String, _ arguments: [String], _ environment: [String]?,
        _ outputs: [Output], _ files: [Int32]
    ) throws(EventLoopError) {
        var containers = [uv_stdio_container_t()]
        containers[0].flags = UV_IGNORE
        for (index, output) in outputs.enumerated() {
            var container = uv_stdio_container_t()
            switch output {
            case .inherit, .file:
                container.flags = UV_INHERIT_FD
                container.data.fd = files[index]
            case .null:
                container.flags = UV_IGNORE
            case .pipe(let onBytes):
                let pipe = OutputPipe(loop: loop, onBytes)
                pipes.append(pipe)
                container.flags = uv_stdio_flags(
                    UV_CREATE_PIPE.rawValue | UV_WRITABLE_PIPE.rawValue)
                container.data.stream = pipe.pointer(uv_stream_t.self)
            }
            containers.append(container)
        }
        let status = spawn(executable, arguments, environment, &containers)
        guard status == 0 else {
            close()
            throw EventLoopError(status: status, subject: "start \(executable)")
        }
        pid = pointer(uv_process_t.self).pointee.pid
        isRunning = true
        for pipe in pipes { pipe.start() }
    }

    private func spawn(
        _ executable: String, _ arguments: [String], _ environment: [String]?,
        _ containers: inout [uv_stdio_container_t]
    ) -> Int32 {
        let process = pointer(uv_process_t.self)
        // uv_spawn's initialisation clears nothing of ours but is not promised to keep the data.
        let data = process.pointee.data
        var argv = ([executable] + arguments).map { strdup($0) }
        argv.append(nil)
        var envp = environment?.map { strdup($0) } ?? []
        envp.append(nil)
        defer { for text in argv + envp { free(text) } }
        return containers.withUnsafeMutableBufferPointer { containers in
            argv.withUnsafeMutableBufferPointer { argv in
                envp.withUnsafeMutableBufferPointer { envp in
                    var options = uv_process_options_t()
                    options.file = UnsafePointer(argv[0])
                    options.args = argv.baseAddress
                    options.env = environment == nil ? nil : envp.baseAddress
                    options.stdio = containers.baseAddress
                    options.stdio_count = Int32(containers.count)
                    options.exit_cb = { process, exitStatus, signal in
                        LoopHandle.object(behind: process, ChildProcess.self)?
                            .didExit(exitStatus, signal)
                    }
                    let status = uv_spawn(loop.uv, process, &options)
                    process.pointee.data = data
                    return status
                }
            }
        }
    }

    private func didExit(_ exitStatus: Int64, _ signal: Int32) {
        isRunning = false
        let told = onExit
        onExit = nil
        told?(exitStatus, signal)
    }

    /// Sends a signal, if the child has not ended yet.
    public func kill(_ signal: Int32) {
        guard !isClosed, isRunning else { return }
        uv_process_kill(pointer(uv_process_t.self), signal)
    }

    override func willClose() {
        onExit = nil
        for pipe in pipes { pipe.close() }
        pipes = []
    }
}

/// The reading end of a child's output.
private final class OutputPipe: LoopHandle {
    private var onBytes: ((UnsafeRawBufferPointer) -> Void)?

    init(loop: EventLoop, _ onBytes: @escaping (UnsafeRawBufferPointer) -> Void) {
        super.init(loop: loop, type: UV_NAMED_PIPE) { uv, memory in
            uv_pipe_init(uv, memory.assumingMemoryBound(to: uv_pipe_t.self), 0)
        }
        self.onBytes = onBytes
    }

    func start() {
        uv_read_start(
            pointer(uv_stream_t.self),
            { handle, _, buffer in
                guard let pipe = LoopHandle.object(behind: handle, OutputPipe.self) else {
                    buffer?.pointee = uv_buf_init(nil, 0)
                    return
                }
                let memory = pipe.loop.readBuffer
                buffer?.pointee = uv_buf_init(
                    memory.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(memory.count))
            },
            { handle, count, buffer in
                guard let pipe = LoopHandle.object(behind: handle, OutputPipe.self) else { return }
                if count > 0 {
                    pipe.onBytes?(
                        UnsafeRawBufferPointer(start: buffer?.pointee.base, count: count))
                } else if count < 0 {
                    let told = pipe.onBytes
                    pipe.close()
                    told?(UnsafeRawBufferPointer(start: nil, count: 0))
                }
            })
    }

    override func willClose() { onBytes = nil }
}
