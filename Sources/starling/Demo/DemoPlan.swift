// Room:  starling (floor 6).
// Task:  the demo as a plan: everything that options and seed decide, before anything starts.
// May:   Federation, Learning, Model.   May not: clock, sockets, files, processes.
// Proof: Tests/EndToEndTests

import Federation
import Learning
import Model

/// What a demo shows: the data, who gets which rows, how they learn, and who is killed when.
struct DemoPlan: Sendable {
    enum DataName: String, Sendable, CaseIterable { case digits, tumours }

    enum Spread: String, Sendable, CaseIterable { case classes, iid, dirichlet, skewed }

    struct Options: Sendable, Equatable {
        var data: DataName
        var nodes = 8
        /// Nil: two classes a node for digits, skewed labels and sizes for tumours.
        var spread: Spread?
        var kills = 0
        var seed: UInt64 = 1
        /// Nil: as many as the data need.
        var rounds: Int?
        /// Minutes of a storm; nil: none.
        var storm: Double?
        /// Seconds for which halves are cut from each other; nil: they are not.
        var cut: Double?
    }

    struct Site: Sendable {
        let name: String
        /// Its own rows, as they come (not standardised).
        let rows: Dataset
        /// Of its trainer's batches, as a daemon and alone.
        let seed: UInt64
    }

    /// A node that gets SIGKILL once the slowest node has passed a share of its rounds.
    struct Kill: Sendable, Equatable {
        let node: Int
        let share: Double
    }

    let options: Options
    let spread: Spread
    let architecture: Architecture
    let featureNames: [String]
    let classes: [String]
    let label: String
    let standardisation: Standardisation
    let sites: [Site]
    /// The training rows of all sites, standardised.
    let pool: Dataset
    /// The fixed test split, standardised. No node has seen it.
    let test: Dataset
    let training: FederationTraining
    let gossip: FederationGossip
    let kills: [Kill]
    let storm: StormPlan?
    /// Takes part in a storm only for a while; has the rows of a site that stays.
    let guest: Site?

    /// How long a killed daemon stays away.
    static let pause = Duration.seconds(2)
    /// The mean accuracy whose first reaching is reported.
    static let target = 0.95

    /// - options: at least one node.
    /// - Throws: where the built-in sizes are no network; never, that is.
    init(_ options: Options) throws {
        self.options = options
        let generator = SeededGenerator(seed: options.seed)
        let table = options.data == .digits ? DemoData.digits() : DemoData.tumours()
        let (train, test) = DemoData.split(table.dataset)
        var training = FederationTraining()
        var gossip = FederationGossip()
        switch options.data {
        case .digits:
            architecture = try Architecture(sizes: [64, 128, 10])
            label = DemoData.digitsLabel
            standardisation = DemoData.digitsScale
            spread = options.spread ?? .classes
            // Measured over six seeds: within a point of pooled, 330 to 371 kB a node, 95 % within
            // 118 kB; cosine, or a rate of 0.3, is up to 1.1 points behind.
            training.rounds = 240
            training.steps = 10
            training.rate = 0.2
            gossip.fraction = 0.025
        case .tumours:
            architecture = try Architecture(sizes: [30, 2])
            label = DemoData.tumoursLabel
            standardisation = .measured(on: train)
            spread = options.spread ?? .skewed
            training.rounds = 150
            training.batch = 16
            training.rate = 0.1
        }
        // Some two seconds of training would be over before a killed daemon is back in it.
        if options.kills > 0 { training.rounds *= 4 }
        training.rounds = options.rounds ?? training.rounds
        storm =
            options.storm.map {
                StormPlan(minutes: $0, nodes: options.nodes, seed: options.seed)
            }
            ?? options.cut.map { StormPlan(cut: $0, nodes: options.nodes, seed: options.seed) }
        // Training goes on through all of the storm, its calm included, and ends soon after.
        if let storm {
            training.rounds = max(1, Int((storm.seconds / Self.pace(of: options.nodes)).rounded()))
        }
        gossip.agreement = 3e-3
        self.training = training
        self.gossip = gossip
        featureNames = table.featureNames
        classes = table.classes
        self.test = standardisation.applied(to: test)
        pool = standardisation.applied(to: train)

        var dealing = generator.derived(1)
        let parts = spread.partition.split(
            labels: train.labels, nodes: options.nodes, generator: &dealing)
        var seeding = generator.derived(2)
        var sites: [Site] = []
        for (index, part) in parts.enumerated() {
            // A configuration file holds signed numbers.
            let seed = seeding.next() >> 1
            sites.append(Site(name: Self.name(index), rows: train.subset(part), seed: seed))
        }
        self.sites = sites
        guest =
            storm == nil
            ? nil
            : sites.first.map {
                Site(name: Self.name(sites.count), rows: $0.rows, seed: $0.seed ^ 1)
            }

        var choosing = generator.derived(3)
        var order = Array(0..<options.nodes)
        choosing.shuffle(&order)
        let count = min(options.kills, options.nodes)
        // From a third to two thirds of the way, a sixth apart where they are few.
        let step = min(1.0 / 6, 1.0 / 3 / Double(max(count - 1, 1)))
        kills = (0..<count).map { Kill(node: order[$0], share: 1.0 / 3 + step * Double($0)) }
    }

    /// Seconds that a round lasts at least in a storm: short enough for a few hundred rounds in a
    /// minute, long enough for all daemons to have their turn on two cores (measured: a round of
    /// digits takes a daemon about 6 ms of a core).
    static func pace(of nodes: Int) -> Double { max(0.1, 0.0125 * Double(nodes)) }

    /// Places of those that are there from the start.
    var founders: [Int] { sites.indices.filter { storm?.latecomers.contains($0) != true } }

    /// Everybody who gets a folder: the sites, then the guest.
    var daemons: [Site] { sites + (guest.map { [$0] } ?? []) }

    /// The parameters that everybody starts from.
    var genesis: [Float] { architecture.genesis(seed: genesisSeed) }
    var genesisSeed: UInt64 { options.seed & UInt64(Int64.max) }

    var hyperparameters: Hyperparameters {
        Hyperparameters(
            batch: training.batch, rate: Float(training.rate),
            momentum: Float(training.momentum), weightDecay: Float(training.weightDecay),
            schedule: schedule)
    }

    /// The same three words in two rooms, which do not know each other.
    private var schedule: Schedule {
        switch training.schedule {
        case .step: .step
        case .cosine: .cosine
        case .constant: .constant
        }
    }

    /// Of the batches of training on the pool.
    var poolSeed: UInt64 { SplitMix64.mix(options.seed) >> 1 }

    /// A site's rows as its daemon standardises them.
    func standardised(_ site: Site) -> Dataset { standardisation.applied(to: site.rows) }

    /// What the federation file says.
    ///
    /// - identifiers: `ID@host:port` of each site, latecomers too, as `Founder.parse` reads them behind the name.
    func federation(_ identifiers: [String]) throws(FederationError) -> FederationFile {
        try .make(
            name: "\(options.data.rawValue) demo",
            description: "made by `starling demo`, \(spread.words)",
            founders: founders.map { "\(sites[$0].name)=\(identifiers[$0])" },
            sizes: architecture.sizes, seed: genesisSeed, classes: classes, label: label,
            standardisation: .federation(
                means: standardisation.means, deviations: standardisation.deviations),
            training: training, gossip: gossip)
    }

    private static let names = [
        "amsterdam", "bergen", "cork", "dresden", "esbjerg", "florence", "granada", "helsinki",
        "innsbruck", "jena", "krakow", "lisbon", "malmo", "nantes", "oulu", "porto", "quimper",
        "riga", "salzburg", "tartu", "uppsala", "vienna", "warsaw", "zurich",
    ]

    static func name(_ index: Int) -> String {
        index < names.count ? names[index] : "site\(index + 1)"
    }
}

extension DemoPlan.Spread {
    var partition: Partition {
        switch self {
        case .classes: .classes(perNode: 2)
        case .iid: .iid
        // As uneven as the literature usually makes it.
        case .dirichlet: .dirichlet(concentration: 0.3)
        case .skewed: .skewed
        }
    }

    var words: String {
        switch self {
        case .classes: "two classes a node"
        case .iid: "rows dealt evenly"
        case .dirichlet: "uneven classes"
        case .skewed: "uneven sizes and labels"
        }
    }
}
