import Support
import Tensors

/// Sums over the places of every input channel of a convolution's gradient with respect to its input, out of its gradient with
/// respect to its output: without the former being made.
///
/// Tap (i, j) of a filter carries the output's gradients to the input from all places at which it lies on the map, so that with
/// S_o(i, j) their sum in output channel o the sum in input channel c is sum_o sum_ij w_oc(i, j) S_o(i, j). In double precision, places in
/// ascending order, whatever the engine's layout.
struct GradientSums: Sendable {
  private let geometry: ConvolutionGeometry
  /// (output, input / groups, kernel height, kernel width).
  private let weights: [Float]
  private let rows: Parts
  private let columns: Parts

  /// Places of the output along one axis in parts such that a tap of a filter lies on the map at all places of a part or at none.
  private struct Parts {
    /// The first place of each part, and the end of the last.
    var bounds: [Int]
    /// By tap: the parts at which it lies on the map.
    var ofTap: [Range<Int>]

    init(_ axis: Window.Axis, from input: Int, to output: Int) {
      let ranges = (0..<axis.kernel).map { tap in
        let start = axis.paddingBefore - tap * axis.dilation
        // Place q of the output has the tap at q stride - start of the input.
        let first = min(max(0, start.dividedUp(by: axis.stride)), output)
        let end = min(max(first, (input + start).dividedUp(by: axis.stride)), output)
        return first..<end
      }
      let bounds = Set(ranges.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()
      self.bounds = bounds
      ofTap = ranges.map { range in
        let part = { (place: Int) in bounds.firstIndex { $0 >= place } ?? bounds.count - 1 }
        return part(range.lowerBound)..<part(range.upperBound)
      }
    }

    var ranges: [Range<Int>] { zip(bounds, bounds.dropFirst()).map { $0..<$1 } }
  }

  /// - Parameters:
  ///   - weights: folded, as the engine has them.
  ///   - input: (K, h, w) of the map that is convolved.
  ///   - output: of the result.
  init(_ geometry: ConvolutionGeometry, weights: [Float], from input: Shape, to output: Shape) {
    self.geometry = geometry
    self.weights = weights
    rows = Parts(geometry.window.vertical, from: input[1], to: output[1])
    columns = Parts(geometry.window.horizontal, from: input[2], to: output[2])
  }

  /// - Parameter gradients: with respect to the convolution's output, before whatever ends its step.
  /// - Returns: a sum for each input channel.
  func callAsFunction(_ gradients: FeatureMaps) -> [Double] {
    let (columnRanges, rowRanges) = (columns.ranges, rows.ranges)
    let ofMap = rowRanges.count * columnRanges.count
    let perGroup = (input: geometry.inputChannels / geometry.groups, output: geometry.outputChannels / geometry.groups)
    let area = gradients.height * gradients.width
    let block = gradients.block
    var totals = [Double](repeating: 0, count: geometry.inputChannels)
    for start in stride(from: 0, to: gradients.channels, by: block) {
      let lanes = min(block, gradients.channels - start)
      let own = gradients.values.extracting(start * area..<(start + block) * area)
      /// (parts of rows, parts of columns, lanes)
      var sums = [Double](repeating: 0, count: ofMap * lanes)
      for (number, range) in rowRanges.enumerated() {
        for row in range {
          for (column, places) in columnRanges.enumerated() {
            let first = row * gradients.width + places.lowerBound
            FeatureMaps.addPlaces(
              own.extracting(first * block..<(first + places.count) * block), block: block, to: &sums,
              at: (number * columnRanges.count + column) * lanes, lanes: lanes)
          }
        }
      }
      for lane in 0..<lanes {
        let output = start + lane
        let group = output / perGroup.output
        for i in 0..<geometry.window.kernelHeight {
          for j in 0..<geometry.window.kernelWidth {
            var sum = 0.0
            for row in rows.ofTap[i] {
              for column in columns.ofTap[j] { sum += sums[(row * columnRanges.count + column) * lanes + lane] }
            }
            for input in 0..<perGroup.input {
              let tap =
                ((output * perGroup.input + input) * geometry.window.kernelHeight + i)
                * geometry.window.kernelWidth + j
              totals[group * perGroup.input + input] += Double(weights[tap]) * sum
            }
          }
        }
      }
    }
    return totals
  }
}

extension Int {
  /// Rounded up; the divisor is positive.
  fileprivate func dividedUp(by divisor: Int) -> Int { self > 0 ? (self + divisor - 1) / divisor : self / divisor }
}
