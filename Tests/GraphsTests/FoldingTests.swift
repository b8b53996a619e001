import Support
import Tensors
import Testing
import Weights

@testable import Graphs

/// Batch normalisation folded into a convolution.
@Suite struct FoldingTests {
  private struct Values: NamedTensors {
    let source = "values"
    let all: [String: (shape: Shape, values: [Float])]
    var tensorNames: [String] { all.keys.sorted() }

    func shape(of name: String) -> Shape? { all[name]?.shape }

    func values(_ name: String) throws(Problem) -> [Float] {
      guard let found = all[name] else { throw .failure("no tensor \(name)") }
      return found.values
    }
  }

  /// Drawn by NumPy (`default_rng(5)`), and folded by it in float32 as onnxscript's `_fuse_batchnorm.py` does:
  ///
  ///     s = g / np.sqrt(v + np.float32(1e-5)); w * s[:, None]; (c - m) * s + b
  ///
  /// In double precision, rounded at the end, one weight and one bias would differ.
  @Test func isThatOfExporters() throws {
    let weights = Values(all: [
      "conv.weight": (
        [4, 2, 1, 1],
        [-0.083696194, -1.163226, -0.6292881, -0.48800582, -0.7133134, 0.55337846, -0.06308597, -0.5894313]
      ),
      "conv.bias": ([4], [0.40963784, 0.8298553, -1.6430234, -0.25673014]),
      "bn.weight": ([4], [1.3050029, 1.3079408, 1.0153255, 0.78580135]),
      "bn.bias": ([4], [-0.28747955, 0.48000574, 0.06086473, -0.51964045]),
      "bn.running_mean": ([4], [0.22462372, 0.4904349, 0.081830636, -0.3699986]),
      "bn.running_var": ([4], [0.4862891, 1.0133902, 1.0535572, 0.4724403]),
    ])
    var b = GraphBuilder(input: [2, 3, 3])
    let convolution = b.convolution("conv", b.image(), channels: 4, kernel: 1, bias: true)
    _ = b.linear("fc", b.batchNormalisation("bn", convolution, epsilon: 1e-5), features: 2)
    let graph = try b.graph(name: "small", lastLayer: "bn")
    let steps = try Program(graph, layers: graph.resolve(layers: [])).steps
    let fused = try #require(
      steps.compactMap { if case .convolution(let fused) = $0.kind { fused } else { nil } }.first)
    let folded = try FoldedConvolution(fused, weights: weights)
    #expect(
      folded.weights.map(\.bitPattern) == [
        0xbe20_62b7, 0xc00b_5121, 0xbf51_4f01, 0xbf22_5104, 0xbf34_a1c7, 0x3f0c_21b8, 0xbd93_b4ad, 0xbf2c_81e8,
      ])
    #expect(folded.bias.map(\.bitPattern) == [0x3d70_a438, 0x3f6b_c6d5, 0xbfd2_99e9, 0xbec7_c182])
  }
}
