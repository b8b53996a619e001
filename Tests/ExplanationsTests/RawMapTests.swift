import Explanations
import Foundation
import GoldenSupport
import Support
import Tensors
import Testing

/// Every explanation against pytorch-grad-cam in double precision: `Scripts/goldens/explanations.py`.
@Suite struct RawMapTests {
  private struct Golden: Decodable {
    var channels: Int
    var height: Int
    var width: Int
    var scales: [Double]
    var shifts: [Double]
    var maps: [String: [Double]]
    var folded: [String: [Double]]
  }

  private let golden: Golden
  private let activations: Tensor
  private let gradients: Tensor

  init() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/raw-maps.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    let shape: Shape = [golden.channels, golden.height, golden.width]
    let zeros = generated("cam/zeros", count: shape.count)
    activations = Tensor(
      shape: shape, values: generated("cam/activations", count: shape.count).map { Float($0 * 4 - 1) })
    gradients = Tensor(
      shape: shape,
      values: zip(generated("cam/gradients", count: shape.count), zeros).map { $1 < 0.1 ? 0 : Float($0 * 2 - 1) })
  }

  @Test func everyExplanationHasAGolden() {
    #expect(Set(golden.maps.keys) == Set(explanations.keys) && golden.folded.count == golden.maps.count)
  }

  @Test(arguments: explanations.keys) func agreesWithPyTorchGradCAM(_ key: String) throws {
    let explanation = try #require(explanations[key]).init()
    let map = try explanation.rawMap(activations: activations, gradients: gradients)
    let expected = try #require(golden.maps[key])
    #expect(relativeError(map.values, expected) <= 1e-7)
    #expect(map.height == golden.height && map.width == golden.width && map.peak > 0)
  }

  /// The same of a layer that has to be taken back from what lies in memory: with scales of both signs and one of 0. The
  /// activations in memory are rounded to Float32 once more, which is most of the difference.
  @Test(arguments: explanations.keys) func aFoldedNormalisationIsTakenBack(_ key: String) throws {
    let area = golden.height * golden.width
    func folded(_ values: [Float], _ body: (Double, Int) -> Double) -> Tensor {
      Tensor(
        shape: activations.shape, values: values.enumerated().map { Float(body(Double($1), $0 / area)) })
    }
    let explanation = try #require(explanations[key]).init()
    let map = try explanation.rawMap(
      activations: folded(activations.values) { $0 * golden.scales[$1] + golden.shifts[$1] },
      gradients: folded(gradients.values) { golden.scales[$1] == 0 ? 0 : $0 / golden.scales[$1] },
      folding: ChannelFolding(scales: golden.scales.map { Float($0) }, shifts: golden.shifts.map { Float($0) }))
    #expect(relativeError(map.values, try #require(golden.folded[key])) <= 1e-6)
    // A negative scale turns no sign: the map is that of the layer itself, but for the channel of which nothing is known.
    var known = gradients
    known.values.replaceSubrange(9 * area..<10 * area, with: repeatElement(0, count: area))
    let plain = try explanation.rawMap(activations: activations, gradients: known)
    #expect(relativeError(map.values, plain.values) <= 1e-6)
  }

  /// Engines keep channels beside each other in blocks, the last one filled up with anything.
  @Test(arguments: explanations.keys, [5, 8, 12]) func blocksChangeNothing(_ key: String, _ block: Int) throws {
    let area = golden.height * golden.width
    let blocks = (golden.channels + block - 1) / block
    func blocked(_ values: [Float]) -> [Float] {
      var found = [Float](repeating: .nan, count: blocks * block * area)
      for channel in 0..<golden.channels {
        for place in 0..<area {
          found[(channel / block * area + place) * block + channel % block] = values[channel * area + place]
        }
      }
      return found
    }
    let (a, g) = (blocked(activations.values), blocked(gradients.values))
    let explanation = try #require(explanations[key]).init()
    let map = try explanation.rawMap(
      activations: FeatureMaps(
        a.span, channels: golden.channels, height: golden.height, width: golden.width, block: block),
      gradients: FeatureMaps(
        g.span, channels: golden.channels, height: golden.height, width: golden.width, block: block), folding: nil)
    #expect(map == (try explanation.rawMap(activations: activations, gradients: gradients)))
  }

  @Test(arguments: explanations.keys) func whatIsNoNumberIsSaid(_ key: String) throws {
    var broken = gradients
    broken.values[3] = .nan
    let explanation = try #require(explanations[key]).init()
    let problem = #expect(throws: Problem.self) {
      try explanation.rawMap(activations: activations, gradients: broken)
    }
    #expect(problem?.kind == .numbers)
    let other = #expect(throws: Problem.self) {
      try explanation.rawMap(
        activations: activations, gradients: gradients, folding: ChannelFolding(scales: [1], shifts: [0]))
    }
    #expect(other?.message == "1 folded channels for 12 channels")
  }
}
