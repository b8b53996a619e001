import Explanations
import Foundation
import GoldenSupport
import Support
import Tensors
import Testing

@Suite struct GradCAMTests {
  private let activations = Tensor(shape: [2, 1, 2], values: [1, 2, 3, -1])

  @Test func weightsAreMeansOfTheGradient() throws {
    // w = (0.5, -1): 0.5 * (1, 2) - (3, -1) = (-2.5, 2)
    let map = try GradCAM().rawMap(
      activations: activations, gradients: Tensor(shape: [2, 1, 2], values: [0.25, 0.75, -3, 1]))
    #expect(map == RawMap(height: 1, width: 2, values: [0, 2]))
    #expect(map.peak == 2 && !map.isDead)
  }

  @Test func aFoldedNormalisationIsTakenBack() throws {
    let map = try GradCAM().rawMap(
      activations: activations, gradients: Tensor(shape: [2, 1, 2], values: [1, 1, 0, 0]),
      folding: ChannelFolding(scales: [2, 1], shifts: [0.5, 9]))
    #expect(map.values == [0.5, 1.5])
  }

  @Test func aMapWithoutPositiveValuesIsDead() throws {
    let map = try GradCAM().rawMap(
      activations: activations, gradients: Tensor(shape: [2, 1, 2], values: [-1, -1, 0, 0]))
    #expect(map.isDead && map.peak == 0)
    #expect(heatmap(of: map, size: 5).values == [Float](repeating: 0, count: 25))
  }

  /// The maximum with 0 of NaN is 0: without the check a broken network's map would be counted as dead.
  @Test func aMapThatIsNoNumberIsNoDeadMap() {
    let problem = #expect(throws: Problem.self) {
      try GradCAM().rawMap(activations: activations, gradients: Tensor(shape: [2, 1, 2], values: [.nan, 1, 0, 0]))
    }
    #expect(
      problem?.description
        == "the class activation map is nan at row 0, column 0\n  Check the weights: activations or gradients overflow."
    )
    let huge = #expect(throws: Problem.self) {
      try GradCAM().rawMap(
        activations: Tensor(shape: [1, 1, 2], values: [1, 3e38]), gradients: Tensor(shape: [1, 1, 2], values: [9, 9]))
    }
    #expect(huge?.message == "the class activation map is inf at row 0, column 1")
  }

  @Test func shapesMustAgree() {
    let problem = #expect(throws: Problem.self) {
      try GradCAM().rawMap(activations: activations, gradients: Tensor(zeros: [1, 1, 2]))
    }
    #expect(problem?.message == "activations of shape 2x1x2 were given gradients of shape 1x1x2")
  }
}

@Suite struct HeatmapTests {
  private struct Case: Decodable {
    let height: Int
    let width: Int
    let size: Int
    let stride: Int
    let values: PackedFloats
  }

  /// Against pytorch-grad-cam and OpenCV: see `Scripts/goldens/measures.py`.
  @Test func agreesWithPytorchGradCAM() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Goldens/heatmaps.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    #expect(cases.count == 10)
    for golden in cases {
      let raw = generated("raw \(golden.height) \(golden.width)", count: golden.height * golden.width)
        .map { Float(max(0, $0 - 0.4) * 3) }
      let map = heatmap(of: RawMap(height: golden.height, width: golden.width, values: raw), size: golden.size)
      #expect(map.values.count == golden.size * golden.size)
      let sample = sampled(map.values, every: golden.stride)
      let difference = zip(sample, golden.values.values).map { abs($0 - $1) }.max() ?? .infinity
      #expect(sample.count == golden.values.values.count)
      #expect(difference <= 1e-6, "\(golden.height) x \(golden.width) to \(golden.size): \(difference)")
    }
  }
}
