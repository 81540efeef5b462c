// Room:  ModelTests.
// Task:  where tensors lie, and which layouts are refused.
// May:   Model, Testing.

import Model
import Testing

@Suite struct ParameterLayoutTests {
    @Test func `tensors lie one behind the other in the order given`() throws {
        let layout = try ParameterLayout([("b", [2, 3]), ("a", []), ("c", [4])])
        #expect(layout.tensors.map(\.name) == ["b", "a", "c"])
        #expect(layout.tensors.map(\.range) == [0..<6, 6..<7, 7..<11])
        #expect(layout.count == 11)
        #expect(layout["a"]?.count == 1)
        #expect(layout["d"] == nil)
    }

    @Test func `two layouts are equal when names, shapes and order are`() throws {
        let one = try ParameterLayout([("a", [2]), ("b", [3])])
        #expect(try one == ParameterLayout([("a", [2]), ("b", [3])]))
        #expect(try one != ParameterLayout([("b", [3]), ("a", [2])]))
        #expect(try one != ParameterLayout([("a", [2, 1]), ("b", [3])]))
    }

    @Test func `an impossible layout is refused and the tensor at fault named`() {
        func error(_ tensors: [(name: String, shape: [Int])]) -> LayoutError? {
            do {
                _ = try ParameterLayout(tensors)
                return nil
            } catch { return error }
        }
        #expect(error([]) == .empty)
        #expect(error([("a", [1]), ("", [1])]) == .emptyName(position: 1))
        #expect(error([("a", [1]), ("a", [2])]) == .duplicateName("a"))
        #expect(error([("__metadata__", [1])]) == .reservedName("__metadata__"))
        #expect(error([("a", [3, 0])]) == .badShape("a", [3, 0]))
        #expect(error([("a", [-1, -1])]) == .badShape("a", [-1, -1]))
        #expect(error([("a", [Int.max, 2])]) == .badShape("a", [Int.max, 2]))
        let most = ParameterLayout.maximumCount
        #expect(error([("a", [most])]) == nil)
        #expect(error([("a", [most]), ("b", [1])]) == .tooLarge("b"))
        #expect(error([("a", [most + 1])])?.description.contains("'a'") == true)
    }

    @Test func `a fault prints what is wrong and its code`() {
        let error = LayoutError.duplicateName("w")
        #expect(error.what == "two tensors are called 'w'")
        #expect(error.code == "model.layout")
        #expect(error.exitStatus == 78)
        #expect(error.hint == nil)
    }
}
