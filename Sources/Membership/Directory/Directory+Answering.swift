// Room:  Membership (floor 3, pure).
// Task:  a sync as the one sees it who is asked: what the peer lacks, and what it should send.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryProperties.swift

import Identity

extension Directory {
    /// Says what the peer lacks and what is wanted of what it named.
    ///
    /// - Complexity: O(n + k log n) for k entries and changes.
    mutating func answer(
        told: UInt64, span: DirectorySpan, entries: [DirectoryEntry], to peer: NodeID,
        at now: Instant, into outcome: inout DirectoryOutcome
    ) {
        // A serial that was never reached here: the peer is told from the beginning.
        let told = told <= table.serial ? told : 0
        var wanted: [UInt64] = []
        for entry in entries {
            let places = table.places(of: entry.prefix)
            var isNews = places.isEmpty
            for place in places {
                let row = table.rows[place]
                if row.version < entry.version {
                    isNews = true
                } else if row.version == entry.version, entry.isDown {
                    // The entry says all that there is to the claim.
                    takeClaim(place, from: peer, at: now, into: &outcome.changes)
                }
            }
            if isNews, wanted.last != entry.prefix { wanted.append(entry.prefix) }
        }
        // A summary of ours has no more; of longer ones the rest waits for the next round.
        let isWhole = wanted.count <= Self.mostEntries
        wanted = Array(wanted.prefix(Self.mostEntries))
        let (items, covered) = news(
            after: told, entries: entries, for: peer,
            room: DirectoryLimits.message - 44 - 6 * wanted.count)
        if wanted.isEmpty {
            note(span, Merged(), from: peer)
            close(peer, at: now)
        } else {
            open = OpenSync(peer: peer, since: now)
        }
        peers[peer]?.shown = covered
        let named = isWhole ? span : DirectorySpan(from: span.from, upTo: span.from)
        outcome.replies.append(
            DirectoryMessage.answer(
                span: DirectorySpan(from: told, upTo: covered), more: covered < table.serial,
                named: named, wanted: wanted, items
            ).bytes)
    }

    /// Changes after `told` that the peer lacks, in the order in which they came here.
    ///
    /// - Returns: as much as there is room for, and the serial up to which that is everything.
    private func news(
        after told: UInt64, entries: [DirectoryEntry], for peer: NodeID, room: Int
    ) -> (items: [DirectoryItem], covered: UInt64) {
        var items: [DirectoryItem] = []
        var room = room
        for place in table.changed(after: told) {
            let row = table.rows[place]
            if row.source == peer { continue }
            let named = entry(of: row, in: entries)
            if named?.covers(row) ?? false { continue }
            let hasRecord = named.map { $0.version == row.version } ?? (row.recordChanged <= told)
            let item: DirectoryItem =
                hasRecord && row.isDown
                ? .claim(prefix: row.prefix, row.version)
                : .record(row.bytes, isDown: row.isDown)
            guard item.longest <= room else { return (items, row.changed - 1) }
            room -= item.longest
            items.append(item)
        }
        return (items, table.serial)
    }

    /// What the peer said of this row; nil where it did not, or where it is not clear of which.
    private func entry(of row: DirectoryRow, in entries: [DirectoryEntry]) -> DirectoryEntry? {
        let at = entries.firstPlace { $0.prefix < row.prefix }
        guard at < entries.count, entries[at].prefix == row.prefix,
            table.places(of: row.prefix).count == 1,
            at + 1 == entries.count || entries[at + 1].prefix != row.prefix
        else { return nil }
        return entries[at]
    }
}
