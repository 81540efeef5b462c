// Room:  tests of Membership.
// Task:  a silence is odd or not beside the answers that came before.
// May:   anything.
// Proof: itself

@testable import Membership
import Testing

@Suite struct AnswerTimesTests {
    private func times(_ seconds: [Double]) -> AnswerTimes {
        var times = AnswerTimes()
        for second in seconds { times.add(.milliseconds(Int64(second * 1000))) }
        return times
    }

    @Test func fewAnswersSayNothing() {
        #expect(times([1, 1, 1]).silence(deviations: 5) == nil)
        #expect(times([1, 1, 1]).phi(after: .seconds(60)) == nil)
        #expect(times([1, 1, 1, 1]).phi(after: .seconds(60)) != nil)
    }

    @Test func meanAndVarianceAreThoseOfTheAnswers_andTheOldOnesFade() {
        let few = times([1, 2, 3, 4])
        #expect(abs(few.mean - 2.5) < 1e-5 && abs(few.variance - 1.25) < 1e-5)
        let slowed = times(Array(repeating: 0.1, count: 100) + Array(repeating: 5, count: 60))
        #expect(slowed.mean > 4.8 && slowed.mean < 5)
    }

    @Test func phiIsTheLogarithmOfTheTail() {
        // The normal tail: 0.5 at the mean, 1e-2 at 2.326 deviations, 1e-8 at 5.612.
        #expect(abs(AnswerTimes.phi(deviations: 0) - 0.30103) < 1e-4)
        #expect(abs(AnswerTimes.phi(deviations: 2.326) - 2) < 0.02)
        #expect(AnswerTimes.phi(deviations: -9) < 1e-9)
        // The logistic is early in the far tail: 8 at 5.2 deviations.
        let eight = AnswerTimes.deviations(phi: 8)
        #expect(eight > 5.1 && eight < 5.3)
        #expect(abs(AnswerTimes.phi(deviations: eight) - 8) < 1e-6)
        #expect(AnswerTimes.deviations(phi: 0) == 0)
    }

    @Test func phiReachesItsThresholdWhenTheSilenceDoes() throws {
        let times = times([2, 3, 4, 3, 2, 5])
        let z = AnswerTimes.deviations(phi: 8)
        let silence = try #require(times.silence(deviations: z))
        let phi = try #require(times.phi(after: silence))
        #expect(abs(phi - 8) < 1e-3)
        #expect(try #require(times.phi(after: silence * 2)) > phi)
    }
}
