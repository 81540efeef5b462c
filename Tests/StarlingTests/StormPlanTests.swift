// Room:  StarlingTests.
// Task:  what a storm's plan promises, over many seeds.
// May:   starling.
// Proof: itself

import Testing

@testable import starling

struct StormPlanTests {
    private static let shapes: [(minutes: Double, nodes: Int)] = [
        (0.3, 4), (0.4, 5), (1, 8), (5, 16), (30, 16), (10, 64),
    ]

    private func forAll(_ body: (StormPlan) -> Void) {
        for shape in Self.shapes {
            for seed in 1...40 as ClosedRange<UInt64> {
                body(StormPlan(minutes: shape.minutes, nodes: shape.nodes, seed: seed))
            }
        }
    }

    @Test("The seed decides all; another seed decides otherwise")
    func decided() {
        let plan = StormPlan(minutes: 5, nodes: 16, seed: 7)
        #expect(plan == StormPlan(minutes: 5, nodes: 16, seed: 7))
        #expect(plan.faults != StormPlan(minutes: 5, nodes: 16, seed: 8).faults)
    }

    @Test("A cut is one fault, of half the nodes, with time before and after")
    func cut() throws {
        let plan = StormPlan(cut: 120, nodes: 16, seed: 7)
        #expect(plan.faults.count == 1 && plan.latecomers.isEmpty && plan.seconds == 240)
        let fault = try #require(plan.faults.first)
        #expect(fault.kind == .halves && fault.at == 60 && fault.lasts == 120)
        #expect(Set(fault.nodes).count == 8 && fault.nodes.allSatisfy { $0 < 16 })
        #expect(plan.faults != StormPlan(cut: 120, nodes: 16, seed: 8).faults)
    }

    @Test("By time, over before the calm, of nodes that there are")
    func withinBounds() {
        forAll { plan in
            #expect(plan.faults.map(\.at) == plan.faults.map(\.at).sorted())
            for fault in plan.faults {
                #expect(fault.at >= 0 && fault.ends <= plan.calm + 0.02, "\(fault)")
                #expect(!fault.nodes.isEmpty && fault.nodes.allSatisfy { $0 <= plan.nodes })
                #expect(fault.lead >= 0 && fault.lead <= fault.at)
                switch fault.kind {
                case .kill, .killOlder, .killBare: #expect(fault.lasts <= 10)
                case .stop: #expect(fault.lasts <= 60)
                case .halves, .alone: #expect(fault.lasts <= 120)
                case .admission, .expulsion: #expect(fault.lasts == 0)
                }
            }
        }
    }

    @Test("Each kind comes; five minutes of sixteen nodes have long ones and many")
    func everyKind() {
        forAll { plan in
            for kind in StormPlan.Kind.allCases {
                // A short storm of few nodes may have no room for each.
                guard plan.minutes >= 1 || kind == .halves || kind.isChange else { continue }
                #expect(plan.faults.contains { $0.kind == kind }, "\(kind) in \(plan)")
            }
        }
        let plans = (1...40).map { StormPlan(minutes: 5, nodes: 16, seed: $0) }
        for plan in plans {
            let deaths = plan.faults.filter { StormPlan.Kind.deaths.contains($0.kind) }
            #expect(deaths.count >= 9, "\(plan)")
        }
        let stops = plans.flatMap(\.faults).filter { $0.kind == .stop }
        #expect(stops.contains { $0.lasts > 50 } && stops.contains { $0.lasts < 15 })
    }

    @Test("A node is hit by one fault at a time; the guest, and who is not yet there, by none")
    func apart() {
        forAll { plan in
            let single = plan.faults.filter { !$0.kind.isChange && $0.kind != .halves }
            for node in 0...plan.nodes {
                let own = single.filter { $0.nodes == [node] }
                for (one, next) in zip(own, own.dropFirst()) { #expect(one.ends < next.at) }
                if node == plan.guest { #expect(own.isEmpty) }
                let admitted = plan.faults.first { $0.kind == .admission && $0.nodes == [node] }
                if let admitted { #expect(own.allSatisfy { $0.at > admitted.at }) }
            }
        }
    }

    @Test("The guest and the latecomers are admitted in turn, then the guest is expelled in quiet")
    func changes() {
        forAll { plan in
            let changes = plan.faults.filter(\.kind.isChange)
            #expect(changes.first?.nodes == [plan.guest])
            #expect(changes.last.map { $0.kind == .expulsion && $0.nodes == [plan.guest] } == true)
            let admitted = changes.filter { $0.kind == .admission }.flatMap(\.nodes)
            #expect(admitted.sorted() == plan.latecomers + [plan.guest])
            let cuts = plan.faults.filter { $0.kind == .halves || $0.kind == .alone }
            for cut in cuts {
                let at = changes.last?.at ?? 0
                #expect(cut.ends < at || cut.at > at, "\(cut) while the guest is expelled")
            }
        }
    }
}
