// Room:  starling (floor 6).
// Task:  what can go wrong in the commands themselves.
// May:   Model.
// Proof: Tests/EndToEndTests

import Model

enum CommandFault: Fault {
    case outputExists(path: String)
    case badMeasures(path: String, reason: String)
    case otherFeatures(path: String, first: String)
    case standardisationMissing
    case measuresUnused(rule: String)
    case kindAndSizes(kind: String, sizes: Int)
    case optionMissing(String, why: String)
    case optionsClash(String)
    case badModel(path: String, reason: String, hint: String?)
    case noTrainer(path: String, kind: String)
    case noParameters(state: String)
    case otherModel(state: String, found: Int, expected: Int)
    /// The node's own tensors are not to be had.
    case noOwnTensors(reason: String, hint: String?)
    case interface(status: Int, reason: String, hint: String? = nil)
    case unreadableReply(String)

    var code: String {
        switch self {
        case .outputExists: "command.output-exists"
        case .badMeasures, .otherFeatures: "command.measures"
        case .standardisationMissing, .measuresUnused, .kindAndSizes, .optionMissing,
            .optionsClash:
            "command.options"
        case .badModel: "command.model"
        case .noTrainer: "command.no-trainer"
        case .noParameters, .otherModel: "command.checkpoint"
        case .noOwnTensors: "command.no-own-tensors"
        case .interface, .unreadableReply: "command.interface"
        }
    }

    var what: String {
        switch self {
        case .outputExists(let path): "\(path) exists already"
        case .badMeasures(let path, let reason): "\(path): \(reason)"
        case .otherFeatures(let path, let first):
            "\(path) measures other columns than \(first), or in another order"
        case .standardisationMissing: "it is not said how the inputs are standardised"
        case .measuresUnused(let rule): "--measures has no use with --standardise \(rule)"
        case .kindAndSizes(let kind, let sizes):
            "--kind \(kind) does not go with \(sizes) sizes"
        case .optionMissing(let option, let why): "\(option) is missing: \(why)"
        case .optionsClash(let text): text
        case .badModel(let path, let reason, _): "\(path): \(reason)"
        case .noTrainer(let path, let kind):
            "\(path): a model of kind \"\(kind)\" can only be evaluated by its own trainer"
        case .noParameters(let state): "no daemon runs on \(state), and it has no checkpoint yet"
        case .otherModel(let state, let found, let expected):
            "the checkpoint in \(state) has \(found) parameters, the federation's model \(expected)"
        case .noOwnTensors(let reason, _): reason
        case .interface(let status, let reason, _): "the daemon refused (\(status)): \(reason)"
        case .unreadableReply(let path): "the daemon's answer to \(path) cannot be read"
        }
    }

    var hint: String? {
        switch self {
        case .outputExists: "remove it first, or name another file"
        case .badMeasures: "make it with `starling federation measure CSV --label L --json`"
        case .otherFeatures: "all sites need the same columns in the same order"
        case .standardisationMissing:
            "agree on --measures from each site (best), or --standardise local, or none"
        case .measuresUnused: "leave one of the two out"
        case .kindAndSizes: "two sizes are logistic, more are perceptron; tensors has none"
        case .optionMissing, .optionsClash: "see `starling help federation new`"
        case .badModel(_, _, let hint): hint
        case .noTrainer: nil
        case .noParameters: "start it with `starling run`, or name another folder with --state"
        case .otherModel: "name the federation file of that checkpoint with --federation"
        case .noOwnTensors(_, let hint): hint
        case .interface(_, _, let hint?): hint
        case .interface, .unreadableReply: "do daemon and command line have the same version?"
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .standardisationMissing, .measuresUnused, .kindAndSizes, .optionMissing,
            .optionsClash:
            64
        case .badMeasures, .otherFeatures, .badModel: 65
        case .noTrainer, .otherModel: 78
        case .outputExists, .noParameters, .noOwnTensors, .interface, .unreadableReply: 1
        }
    }
}
