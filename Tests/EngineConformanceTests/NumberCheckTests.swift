import EngineConformance
import Engines
import Graphs
import Support
import Tensors
import Testing

/// NaN that an engine hides is found where it arises.
@Suite struct NumberCheckTests {
  private let image = Tensor(shape: [3, 4, 4], values: [Float](repeating: 1, count: 48))

  private static let hidden =
    "NaN or infinity first appears in the output of `first` of small\n"
    + "  Check the weights file and the normalisation (`input.mean`, `input.std`): a network that was trained to the "
    + "end, given images as it was trained on, gives finite numbers everywhere."

  @Test func soundNumbersPass() throws {
    let network = try ConformanceCase.overflowingNetwork(gain: 1)
    try NumberCheck(network).check(image)
    for kind in EngineKind.allCases {
      let prepared = try kind.makeEngine().prepare(network, layers: network.resolve(layers: ["last"]))
      for batch in [1, 3] { #expect(try prepared.makeSession(batch: batch, for: .explanations).staysFinite(image)) }
    }
  }

  @Test func hiddenNaNIsNamedByItsLayer() throws {
    let network = try ConformanceCase.overflowingNetwork(gain: 3e38)
    let problem = #expect(throws: Problem.self) { try NumberCheck(network).check(image) }
    #expect(problem?.description == Self.hidden)
    #expect(problem?.kind == .numbers)
    #expect(problem?.exitCode == 1)
    // The logits alone do not tell; the values inside do.
    let prepared = try EngineKind.onednn.makeEngine().prepare(network, layers: network.resolve(layers: ["last"]))
    let session = try prepared.makeSession()
    #expect(try session.logits(of: image) == [0.5, 1])
    #expect(try !session.staysFinite(image))
  }

  /// No memory, an encoder that fails: numbers are not the matter there, whatever they are.
  @Test func onlyProblemsOfNumbersAreReplaced() throws {
    let noticed = Problem.numbers("the gradient of the loss is not finite")
    let other = Problem.failure("no memory for a buffer of 4 bytes")
    let unsound = try ConformanceCase.overflowingNetwork(gain: 3e38)
    #expect(NumberCheck.cause(of: noticed, in: unsound, on: image).description == Self.hidden)
    #expect(NumberCheck.cause(of: other, in: unsound, on: image) == other)
    // Where every value is finite, what was noticed is what there is to say.
    let sound = try ConformanceCase.overflowingNetwork(gain: 1)
    #expect(NumberCheck.cause(of: noticed, in: sound, on: image) == noticed)
  }

  /// In functions of elements, products and constants, too.
  @Test func overflowIsNamedWhateverComputes() throws {
    func found(_ gain: Float) throws -> Substring? {
      do { try NumberCheck(ConformanceCase.growingNetwork(gain: gain)).check(image) } catch {
        return "\(error)".split(separator: "\n").first
      }
      return nil
    }
    #expect(try found(1) == nil)
    // exp(60) has a square of 52 digits, and exp(100) is too great itself.
    #expect(try found(30) == "NaN or infinity first appears in the output of `square` of small")
    #expect(try found(50) == "NaN or infinity first appears in the output of `grows` of small")
  }
}
