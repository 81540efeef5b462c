// Room:  starling (floor 6).
// Task:  a demo in a storm: begun, looked at, summed up.
// May:   EventLoop.
// Proof: Tests/EndToEndTests/StormTests.swift

import EventLoop

extension DemoRun {
    /// How a daemon is started: in a storm it can be cut off, and its rounds have a pace.
    static func command(of plan: DemoPlan) -> [String] {
        guard plan.storm != nil else { return ["run"] }
        let pace = Int((DemoPlan.pace(of: plan.sites.count) * 1000).rounded())
        return ["demo-node", "--partitions", "--round-ms", "\(pace)"]
    }

    func beginStorm(_ hands: StormHands, launch: MonotonicTime) {
        guard let weather = plan.storm else { return }
        let storm = StormRun(
            weather, of: plan, places: folder.places, cluster: cluster, hands: hands,
            network: network, launch: launch)
        storm.onFault = { error in self.end(with: .failed(error)) }
        storm.onNews = { [screen] text in screen.tell(text) }
        self.storm = storm
    }

    var needsPeers: Bool { storm?.needsPeers ?? false }

    func sawInStorm(_ snapshot: DemoSnapshot) {
        guard let storm else { return }
        storm.saw(snapshot)
        let killed = storm.killed
        for node in record.nodes.indices {
            record.inStorm(
                node, plight: storm.plight(of: node), kills: killed.count { $0 == node })
        }
    }

    var stormResult: StormOutcome? {
        guard let storm, let weather = plan.storm else { return nil }
        return StormOutcome(
            weather, names: plan.sites.map(\.name), ids: folder.places.map { "\($0.id)" },
            weather: storm.record, joins: storm.joins, record: record)
    }
}

extension StormRun {
    /// In the order of their deaths.
    var killed: [Int] {
        record.injected.filter { StormPlan.Kind.deaths.contains($0.fault.kind) }
            .map { $0.fault.nodes[0] }
    }
}
