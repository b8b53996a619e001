import EngineConformance
import Tensors
import Testing

@testable import Graphs

/// Sums of a convolution's gradient against the gradient itself, element by element in double precision.
@Suite struct GradientSumsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var geometry: ConvolutionGeometry
    var input: [Int]
    var testDescription: String { name }

    init(_ name: String, _ inputs: Int, _ outputs: Int, _ window: Window, groups: Int = 1, _ height: Int, _ width: Int)
    {
      self.name = name
      geometry = ConvolutionGeometry(inputChannels: inputs, outputChannels: outputs, window: window, groups: groups)
      input = [inputs, height, width]
    }
  }

  static let cases = [
    Case("3 x 3, padded", 3, 5, Window(kernel: 3, stride: 1, padding: 1), 7, 9),
    Case("3 x 3, strided", 4, 18, Window(kernel: 3, stride: 2, padding: 1), 8, 7),
    Case("1 x 1, strided", 4, 18, Window(kernel: 1, stride: 2, padding: 0), 6, 7),
    Case("7 x 7, wider than the padded map's half", 2, 3, Window(kernel: 7, stride: 2, padding: 3), 5, 4),
    Case("depthwise", 20, 20, Window(kernel: 3, stride: 1, padding: 1), groups: 20, 4, 5),
    Case("two groups", 4, 6, Window(kernel: 3, stride: 1, padding: 0), groups: 2, 5, 6),
    Case(
      "1 x 3, dilated, padded on one side", 3, 4,
      Window(
        vertical: Window.Axis(kernel: 1), horizontal: Window.Axis(kernel: 3, stride: 2, dilation: 2, paddingBefore: 3)),
      3, 11),
    Case("taps that never lie on the map", 2, 3, Window(kernel: 3, stride: 1, padding: 2), 1, 1),
  ]

  @Test(arguments: cases, [1, 8, 16]) func areThoseOfTheGradient(_ the: Case, _ block: Int) throws {
    let geometry = the.geometry
    let (height, width) = (the.input[1], the.input[2])
    let places = geometry.window.places(height: height, width: width)
    var generator = Generator(seed: the.name)
    let weights = (0..<geometry.weightsShape.count).map { _ in generator.next() }
    let output = Shape([geometry.outputChannels, places.height, places.width])
    let gradient = Tensor(shape: output, values: (0..<output.count).map { _ in generator.next() })

    let (rows, columns) = (geometry.window.vertical, geometry.window.horizontal)
    let perGroup = geometry.inputChannels / geometry.groups
    var expected = [Double](repeating: 0, count: geometry.inputChannels)
    for o in 0..<geometry.outputChannels {
      for (q, r) in (0..<places.height).flatMap({ q in (0..<places.width).map { (q, $0) } }) {
        for i in 0..<rows.kernel {
          for j in 0..<columns.kernel {
            let y = q * rows.stride + i * rows.dilation - rows.paddingBefore
            let x = r * columns.stride + j * columns.dilation - columns.paddingBefore
            guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
            for c in 0..<perGroup {
              let weight = weights[((o * perGroup + c) * rows.kernel + i) * columns.kernel + j]
              expected[o / (geometry.outputChannels / geometry.groups) * perGroup + c] +=
                Double(weight) * Double(gradient.values[(o * places.height + q) * places.width + r])
            }
          }
        }
      }
    }

    // In blocks as engines keep maps, filled up with what must not be read.
    let area = places.height * places.width
    var blocked = [Float](repeating: .nan, count: (geometry.outputChannels + block - 1) / block * block * area)
    for channel in 0..<geometry.outputChannels {
      for place in 0..<area {
        blocked[(channel / block * area + place) * block + channel % block] = gradient.values[channel * area + place]
      }
    }
    let sums = GradientSums(geometry, weights: weights, from: Shape(the.input), to: output)
    let found = sums(
      FeatureMaps(
        blocked.span, channels: geometry.outputChannels, height: places.height, width: places.width, block: block))
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) <= 1e-12) }
  }
}
