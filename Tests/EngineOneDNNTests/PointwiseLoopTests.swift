import CConvolutions
import Testing

/// The loops of 1 x 1 convolutions against sums in double precision: both widths of vectors, both orders of channels, rows and
/// columns left out, maps with few zeros and with many.
@Suite struct PointwiseLoopTests {
  struct Case: CustomTestStringConvertible {
    var lanes: Int
    var outputs: Int
    var stride: Int
    var channelsLast: Bool
    /// Of 100 values.
    var zeros: Int
    var testDescription: String {
      "\(lanes) lanes, \(outputs) outputs, every \(stride)\(channelsLast ? ", channels last" : ""), \(zeros)% zeros"
    }
  }

  /// Outputs that fill no vector; a group of vectors, two that differ, and several.
  static let cases = [8, 16].flatMap { lanes in
    [19, 150, 330].flatMap { outputs in
      [(1, false), (1, true), (2, false), (2, true)].flatMap { stride, channelsLast in
        [0, 50, 97].map {
          Case(lanes: lanes, outputs: outputs, stride: stride, channelsLast: channelsLast, zeros: $0)
        }
      }
    }
  }.filter { cconvolutions_has_lanes($0.lanes) }

  private struct Convolution {
    let c: Case
    let height = 9
    let width = 13
    let inputs = 77
    var rows: Int { (height + c.stride - 1) / c.stride }
    var columns: Int { (width + c.stride - 1) / c.stride }
    var source: LoopOrder {
      LoopOrder(channels: inputs, height, width, lanes: c.lanes, last: c.channelsLast, stride: c.stride)
    }
    var destination: LoopOrder {
      LoopOrder(channels: c.outputs, rows, columns, lanes: c.lanes, last: c.channelsLast)
    }

    /// Zeros come in no order that the channels have, and whole pixels are zero; a block of channels has none.
    func image(_ number: Int) -> [Float] {
      var image = [Float](repeating: 0, count: source.count)
      let values = loopValues(inputs * height * width, 3 + number)
      for channel in 0..<inputs {
        for row in 0..<rows {
          for column in 0..<columns where (row * columns + column + number) % 17 != 0 {
            let index = (row * columns + column) * inputs + channel
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
      var convolution = cpointwise_convolution(
        lanes: c.lanes, inputs: vectors(inputs), outputs: vectors(c.outputs), height: rows, width: columns,
        source: source.layout, destination: destination.layout)
      let arranged = floats([Float](repeating: .nan, count: cpointwise_filter_count(&convolution)))
      let scratch = floats([Float](repeating: .nan, count: cpointwise_scratch_count(&convolution)))
      let sources = images.map(floats)
      let targets = images.map { _ in floats([Float](repeating: addend ?? .nan, count: destination.count)) }
      defer { (sources + targets + [arranged, scratch]).forEach { $0.deallocate() } }
      let padded = bias + [Float](repeating: 0, count: vectors(c.outputs) * c.lanes - c.outputs)
      cpointwise_arrange(&convolution, filters, c.outputs, inputs, inputs, 1, arranged.baseAddress)
      let pointers = targets.map { $0.baseAddress.map { UnsafePointer($0) } }
      cpointwise_convolve(
        &convolution, arranged.baseAddress, padded, sources.map { $0.baseAddress.map { UnsafePointer($0) } },
        addend == nil ? nil : pointers, targets.map(\.baseAddress), images.count, addend != nil, scratch.baseAddress)
      return targets.map(Array.init)
    }

    func sum(_ image: [Float], _ filters: [Float], output: Int, _ row: Int, _ column: Int) -> Double {
      (0..<inputs).reduce(0) {
        $0 + Double(image[source.place($1, row, column)]) * Double(filters[output * inputs + $1])
      }
    }

    /// What the loops sum, in their order: every product fused into single precision.
    func fusedSum(_ image: [Float], _ filters: [Float], output: Int, _ row: Int, _ column: Int) -> Float {
      (0..<inputs).reduce(Float(0)) {
        $0.addingProduct(image[source.place($1, row, column)], filters[output * inputs + $1])
      }
    }
  }

  @Test(arguments: cases) func sumsAreThoseOfDoublePrecision(_ c: Case) {
    let convolution = Convolution(c: c)
    let filters = loopValues(convolution.inputs * c.outputs, 1)
    let bias = loopValues(c.outputs, 2)
    // More pixels than go through together.
    let images = (0..<3).map(convolution.image)
    let plain = convolution.run(images, filters, bias, addend: nil)
    let rectified = convolution.run(images, filters, bias, addend: 0.25)
    var (squares, errors) = (0.0, 0.0)
    for (number, image) in images.enumerated() {
      for output in stride(from: 0, to: c.outputs, by: 37 - number) {
        for row in 0..<convolution.rows {
          for column in 0..<convolution.columns {
            let expected = convolution.sum(image, filters, output: output, row, column) + Double(bias[output])
            let place = convolution.destination.place(output, row, column)
            squares += expected * expected
            errors += (Double(plain[number][place]) - expected) * (Double(plain[number][place]) - expected)
            #expect(rectified[number][place] == max(0, plain[number][place] + 0.25))
            // The same bits, whether zeros were passed over or not, and with vectors of any width.
            let fused = convolution.fusedSum(image, filters, output: output, row, column) + bias[output]
            #expect(plain[number][place] == fused)
          }
        }
      }
    }
    // Up to 1.3e-7 was measured.
    #expect((errors / squares).squareRoot() <= 2e-7)
    // Alone every image has the bits that it has among others.
    for (number, image) in images.enumerated() {
      #expect(convolution.run([image], filters, bias, addend: nil)[0].elementsEqual(plain[number]))
    }
  }

  /// An overflow must be seen behind the ReLU too, as must what is no number.
  @Test(arguments: [8, 16].filter { cconvolutions_has_lanes($0) }, [0, 97])
  func whatIsNoNumberStaysNone(_ lanes: Int, zeros: Int) {
    let convolution = Convolution(
      c: Case(lanes: lanes, outputs: 83, stride: 1, channelsLast: false, zeros: zeros))
    var image = convolution.image(1)
    image[convolution.source.place(3, 2, 5)] = .nan
    let filters = [Float](repeating: -1, count: convolution.inputs * 83)
    let found = convolution.run([image], filters, [Float](repeating: 0, count: 83), addend: 0)[0]
    for output in 0..<83 {
      #expect(found[convolution.destination.place(output, 2, 5)].isNaN)
      #expect(found[convolution.destination.place(output, 2, 6)].isFinite)
    }
  }
}
