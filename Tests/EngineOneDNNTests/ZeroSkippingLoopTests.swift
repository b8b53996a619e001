import CConvolutions
import Testing

/// The loops of convolutions that pass over zeros against sums in double precision: both widths of vectors, both orders of channels,
/// 1 x 1 filters and others with all that a window has, rows and columns left out, maps with few zeros and with many.
@Suite struct ZeroSkippingLoopTests {
  struct Case: CustomTestStringConvertible {
    var lanes: Int
    var outputs: Int
    var kernel: (height: Int, width: Int)
    var stride: Int
    var channelsLast: Bool
    /// Of 100 values.
    var zeros: Int
    var testDescription: String {
      "\(lanes) lanes, \(outputs) outputs, \(kernel.height) x \(kernel.width), every \(stride)\(channelsLast ? ", channels last" : ""), \(zeros)% zeros"
    }
  }

  /// Outputs that fill no vector; a group of vectors, two that differ, and several.
  static let cases = [8, 16].flatMap { lanes in
    [(19, (1, 1)), (150, (1, 1)), (330, (1, 1)), (83, (3, 2)), (150, (1, 4))].flatMap { outputs, kernel in
      [(1, false), (1, true), (2, false), (3, true)].flatMap { stride, channelsLast in
        (kernel == (1, 1) ? [0, 50, 97] : [0, 50]).map {
          Case(
            lanes: lanes, outputs: outputs, kernel: kernel, stride: stride, channelsLast: channelsLast, zeros: $0)
        }
      }
    }
  }.filter { cconvolutions_has_lanes($0.lanes) }

  private struct Convolution {
    let c: Case
    let height = 9
    let width = 13
    let inputs = 77
    /// Of filters with more than one element: rows are read every second, and before the map; columns beside it too.
    var padding: (above: Int, left: Int) { c.kernel.height * c.kernel.width == 1 ? (0, 0) : (1, 2) }
    var taps: [czeroskipping_tap] {
      (0..<c.kernel.height * c.kernel.width).map {
        czeroskipping_tap(
          element: $0, row: 2 * ($0 / c.kernel.width) - padding.above, column: $0 % c.kernel.width - padding.left)
      }
    }
    var rows: Int { (height + padding.above + c.stride - 1) / c.stride }
    var columns: Int { (width + padding.left + c.stride - 1) / c.stride }
    var source: LoopOrder { LoopOrder(channels: inputs, height, width, lanes: c.lanes, last: c.channelsLast) }
    /// Every second row and third column of a map, from the second and first on.
    var destination: LoopOrder {
      var order = LoopOrder(channels: c.outputs, 2 * rows, 3 * columns, lanes: c.lanes, last: c.channelsLast)
      order.layout.row *= 2
      order.layout.column *= 3
      return order
    }
    var first: Int { destination.layout.row / 2 }

    /// Zeros come in no order that the channels have, and whole pixels are zero; a block of channels has none.
    func image(_ number: Int) -> [Float] {
      var image = [Float](repeating: 0, count: source.count)
      let values = loopValues(inputs * height * width, 3 + number)
      for channel in 0..<inputs {
        for row in 0..<height {
          for column in 0..<width where (row * width + column + number) % 17 != 0 {
            let index = (row * width + column) * inputs + channel
            let isZero = (index &* 48271 &+ number) % 100 < c.zeros && channel / 16 != 2
            image[source.place(channel, row, column)] = isZero ? 0 : values[index]
          }
        }
      }
      return image
    }

    /// The results of some images, laid out as `destination` says; all of them are rectified where `addend` is not nil.
    func run(_ images: [[Float]], _ filters: [Float], _ bias: [Float], addend: Float?) -> [[Float]] {
      let vectors = { (channels: Int) in (channels + c.lanes - 1) / c.lanes }
      var convolution = czeroskipping_convolution(
        lanes: c.lanes, inputs: vectors(inputs), outputs: vectors(c.outputs), taps: taps.count, height: height,
        width: width, row_stride: c.stride, column_stride: c.stride, result_height: rows, result_width: columns,
        source: source.layout, destination: destination.layout, first: first)
      let arranged = floats([Float](repeating: .nan, count: czeroskipping_filter_count(&convolution)))
      let scratch = floats([Float](repeating: .nan, count: czeroskipping_scratch_count(&convolution)))
      let sources = images.map(floats)
      let targets = images.map { _ in floats([Float](repeating: addend ?? .nan, count: destination.count)) }
      defer { (sources + targets + [arranged, scratch]).forEach { $0.deallocate() } }
      let padded = bias + [Float](repeating: 0, count: vectors(c.outputs) * c.lanes - c.outputs)
      czeroskipping_arrange(
        &convolution, taps, filters, c.outputs, inputs, inputs * taps.count, taps.count, arranged.baseAddress)
      let pointers = targets.map { $0.baseAddress.map { UnsafePointer($0) } }
      czeroskipping_convolve(
        &convolution, taps, arranged.baseAddress, padded, sources.map { $0.baseAddress.map { UnsafePointer($0) } },
        addend == nil ? nil : pointers, targets.map(\.baseAddress), images.count, addend != nil, scratch.baseAddress)
      return targets.map(Array.init)
    }

    /// Where a result lies.
    func place(_ output: Int, _ row: Int, _ column: Int) -> Int { first + destination.place(output, row, column) }

    /// What is summed for a result, in the loops' order: value and weight.
    func products(
      _ image: [Float], _ filters: [Float], output: Int, _ row: Int, _ column: Int
    ) -> [(value: Float, weight: Float)] {
      taps.flatMap { tap in
        let (y, x) = (row * c.stride + tap.row, column * c.stride + tap.column)
        guard y >= 0, x >= 0, y < height, x < width else { return [(value: Float, weight: Float)]() }
        return (0..<inputs).map {
          (image[source.place($0, y, x)], filters[(output * inputs + $0) * taps.count + tap.element])
        }
      }
    }
  }

  @Test(arguments: cases) func sumsAreThoseOfDoublePrecision(_ c: Case) {
    let convolution = Convolution(c: c)
    let filters = loopValues(convolution.inputs * c.outputs * convolution.taps.count, 1)
    let bias = loopValues(c.outputs, 2)
    // More pixels than go through together.
    let images = (0..<3).map(convolution.image)
    let plain = convolution.run(images, filters, bias, addend: nil)
    let rectified = convolution.run(images, filters, bias, addend: 0.25)
    var (squares, errors) = (0.0, 0.0)
    for (number, image) in images.enumerated() {
      for output in stride(from: 0, to: c.outputs, by: 41 * convolution.taps.count - number) {
        for row in 0..<convolution.rows {
          for column in 0..<convolution.columns {
            let products = convolution.products(image, filters, output: output, row, column)
            let expected = products.reduce(Double(bias[output])) { $0 + Double($1.value) * Double($1.weight) }
            let place = convolution.place(output, row, column)
            squares += expected * expected
            errors += (Double(plain[number][place]) - expected) * (Double(plain[number][place]) - expected)
            #expect(rectified[number][place] == max(0, plain[number][place] + 0.25))
            // The same bits, whether zeros were passed over or not, and with vectors of any width.
            let fused = products.reduce(Float(0)) { $0.addingProduct($1.value, $1.weight) }
            #expect(plain[number][place] == fused + bias[output])
          }
        }
      }
    }
    // Up to 1.3e-7 was measured with one tap, 3.7e-7 with six: 462 summands.
    #expect((errors / squares).squareRoot() <= (convolution.taps.count == 1 ? 2e-7 : 5e-7))
    // Alone every image has the bits that it has among others.
    for (number, image) in images.enumerated() {
      let alone = convolution.run([image], filters, bias, addend: nil)[0]
      #expect(alone.map(\.bitPattern) == plain[number].map(\.bitPattern))
    }
    // What is no place of a result is left as it was.
    #expect(plain[0].count { $0.isNaN } == plain[0].count / 6 * 5)
  }

  /// Results that no element of the filters reaches are the bias and what is added.
  @Test(arguments: [8, 16].filter { cconvolutions_has_lanes($0) }) func withoutTapsTheBiasIsLeft(_ lanes: Int) {
    let c = Case(lanes: lanes, outputs: 83, kernel: (0, 0), stride: 1, channelsLast: true, zeros: 50)
    let convolution = Convolution(c: c)
    let bias = loopValues(83, 2)
    let found = convolution.run([convolution.image(0)], [], bias, addend: 0.25)[0]
    for output in 0..<83 {
      #expect(found[convolution.place(output, 4, 5)] == max(0, bias[output] + 0.25))
    }
  }

  /// An overflow must be seen behind the ReLU too, as must what is no number.
  @Test(arguments: [8, 16].filter { cconvolutions_has_lanes($0) }, [0, 97])
  func whatIsNoNumberStaysNone(_ lanes: Int, zeros: Int) {
    let convolution = Convolution(
      c: Case(lanes: lanes, outputs: 83, kernel: (1, 1), stride: 1, channelsLast: false, zeros: zeros))
    var image = convolution.image(1)
    image[convolution.source.place(3, 2, 5)] = .nan
    let filters = [Float](repeating: -1, count: convolution.inputs * 83)
    let found = convolution.run([image], filters, [Float](repeating: 0, count: 83), addend: 0)[0]
    for output in 0..<83 {
      #expect(found[convolution.place(output, 2, 5)].isNaN)
      #expect(found[convolution.place(output, 2, 6)].isFinite)
    }
  }
}
