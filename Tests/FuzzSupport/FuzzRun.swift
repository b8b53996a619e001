import Support

/// A kind of file that a reader of Heatdrift's takes, with where its damaged inputs come from.
package struct FuzzFormat {
  package let name: String
  /// Sound files: each must be read.
  package let corpus: [[UInt8]]
  /// Of the format, to be put in where bytes at random would never spell them.
  package let words: [String]
  /// One input.
  package let make: (inout Mutator) throws -> [UInt8]
  /// Takes an input and its number. Throws a `Problem` where it refuses the input; any other error is a fault.
  package let read: ([UInt8], Int) throws -> Void

  /// - Parameter make: changes one of the corpus where none is given.
  package init(
    _ name: String, corpus: [[UInt8]], words: [String], make: ((inout Mutator) throws -> [UInt8])? = nil,
    read: @escaping ([UInt8], Int) throws -> Void
  ) {
    self.name = name
    self.corpus = corpus
    self.words = words
    self.make = make ?? { mutator in mutator.change(corpus) }
    self.read = read
  }

  /// The input of a number: the same whenever it is asked for.
  package func input(_ number: Int, seed: UInt64) throws -> [UInt8] {
    var mutator = Mutator(seed: seed &* 1_000_003 &+ UInt64(truncatingIfNeeded: number), words: words)
    return try make(&mutator)
  }
}

/// What a reader did wrong.
package struct FuzzFault: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }

  package static func unless(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    if !condition { throw FuzzFault(description()) }
  }
}

/// What came of some inputs.
package struct FuzzOutcome {
  package var inputs = 0
  package var refused = 0
  package var slowest = Duration.zero
  package var slowestInput = 0
  /// In words, with the input's number.
  package var faults: [String] = []

  package var accepted: Int { inputs - refused - faults.count }
}

extension FuzzFormat {
  /// Gives the reader the corpus, and then the inputs of some numbers.
  /// - Parameters:
  ///   - limit: on the time of one input; more is a fault.
  ///   - willRead: called before each input is read with its number, and with nil after it.
  package func run(
    _ numbers: Range<Int>, seed: UInt64, limit: Duration, willRead: (Int?) -> Void = { _ in }
  ) throws -> FuzzOutcome {
    for (index, bytes) in corpus.enumerated() { try read(bytes, index) }
    var outcome = FuzzOutcome()
    for number in numbers {
      let bytes = try input(number, seed: seed)
      willRead(number)
      let start = ContinuousClock.now
      do {
        try read(bytes, number)
      } catch let problem as Problem {
        outcome.refused += 1
        if problem.message.isEmpty { outcome.faults.append("\(name) \(number): refused without a word") }
      } catch {
        outcome.faults.append("\(name) \(number): \(error)")
      }
      let time = ContinuousClock.now - start
      willRead(nil)
      outcome.inputs += 1
      if time > outcome.slowest { (outcome.slowest, outcome.slowestInput) = (time, number) }
      if time > limit { outcome.faults.append("\(name) \(number): took \(time)") }
    }
    return outcome
  }
}
