import Support
import Testing

@Suite struct ConcurrencyTests {
  @Test func outputsKeepTheirOrder() {
    #expect(concurrentMap(Array(0..<1000)) { $0 * $0 } == (0..<1000).map { $0 * $0 })
  }

  @Test func theFirstFailureIsThrown() {
    #expect(throws: Problem.failure("element 7")) {
      try concurrentMap(Array(0..<100)) { (element) throws(Problem) in
        if element % 10 == 7 { throw .failure("element \(element)") }
      }
    }
  }

  @Test func twoThingsSideBySide() throws {
    let (number, text) = try concurrently { () throws(Problem) in
      3
    } _: { () throws(Problem) in
      "three"
    }
    #expect(number == 3)
    #expect(text == "three")
  }

  @Test func ofTwoFailuresTheFirstIsThrown() {
    func run(_ first: Problem?, _ second: Problem?) throws(Problem) {
      _ = try concurrently { () throws(Problem) in
        if let first { throw first }
      } _: { () throws(Problem) in
        if let second { throw second }
      }
    }
    #expect(throws: Problem.failure("a")) { try run(.failure("a"), .failure("b")) }
    #expect(throws: Problem.failure("b")) { try run(nil, .failure("b")) }
  }
}
