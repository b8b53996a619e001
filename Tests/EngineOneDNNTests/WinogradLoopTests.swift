import CConvolutions
import Testing

/// The loops of Winograd's algorithm against sums in double precision: both widths of vectors, both sizes of squares, maps that
/// squares do not fill, every padding, both orders of channels.
@Suite struct WinogradLoopTests {
  struct Case: CustomTestStringConvertible {
    var lanes: Int
    var tile: Int
    var padding: Int
    var channelsLast: Bool
    var turned: Bool
    var testDescription: String {
      "\(lanes) lanes, squares of \(tile), padding \(padding)\(channelsLast ? ", channels last" : "")"
        + (turned ? ", turned" : "")
    }
  }

  static let cases = [8, 16].flatMap { lanes in
    [2, 4].flatMap { tile in
      [0, 1, 2].flatMap { padding in
        [(false, false), (true, false), (false, true)].map {
          Case(lanes: lanes, tile: tile, padding: padding, channelsLast: $0.0, turned: $0.1)
        }
      }
    }
  }.filter { cconvolutions_has_lanes($0.lanes) }

  private struct Convolution {
    let c: Case
    let height = 9
    let width = 14
    var resultHeight: Int { height + 2 * c.padding - 2 }
    var resultWidth: Int { width + 2 * c.padding - 2 }
    // Channels fill no vector.
    let inputs = 37
    let outputs = 83
    var source: LoopOrder { LoopOrder(channels: inputs, height, width, lanes: c.lanes, last: c.channelsLast) }
    var destination: LoopOrder {
      LoopOrder(channels: outputs, resultHeight, resultWidth, lanes: c.lanes, last: c.channelsLast)
    }

    /// The results of some images, laid out as `destination` says; all of them are rectified where `addend` is not nil.
    func run(_ images: [[Float]], _ filters: [Float], _ bias: [Float], addend: Float?) -> [[Float]] {
      let vectors = { (channels: Int) in (channels + c.lanes - 1) / c.lanes }
      var convolution = cwinograd_convolution(
        lanes: c.lanes, tile: c.tile, inputs: vectors(inputs), outputs: vectors(outputs), height: height, width: width,
        padding_above: c.padding, padding_left: c.padding, result_height: resultHeight, result_width: resultWidth,
        source: source.layout, destination: destination.layout)
      let arranged = floats([Float](repeating: .nan, count: cwinograd_filter_count(&convolution)))
      let scratch = floats([Float](repeating: .nan, count: cwinograd_scratch_count(&convolution)))
      let sources = images.map(floats)
      let targets = images.map { _ in floats([Float](repeating: addend ?? .nan, count: destination.count)) }
      defer { (sources + targets + [arranged, scratch]).forEach { $0.deallocate() } }
      let padded = bias + [Float](repeating: 0, count: vectors(outputs) * c.lanes - outputs)
      let strides = c.turned ? (9, 9 * outputs) : (9 * inputs, 9)
      cwinograd_arrange(
        &convolution, filters, outputs, inputs, strides.0, strides.1, c.turned, arranged.baseAddress)
      let pointers = targets.map { $0.baseAddress.map { UnsafePointer($0) } }
      cwinograd_convolve(
        &convolution, arranged.baseAddress, padded, sources.map { $0.baseAddress.map { UnsafePointer($0) } },
        addend == nil ? nil : pointers, targets.map(\.baseAddress), images.count, addend != nil, scratch.baseAddress)
      return targets.map(Array.init)
    }

    func sum(_ image: [Float], _ filters: [Float], output: Int, _ row: Int, _ column: Int) -> Double {
      var sum = 0.0
      for input in 0..<inputs {
        let start = 9 * (c.turned ? input * outputs + output : output * inputs + input)
        for element in 0..<9 {
          let (y, x) = (row + element / 3 - c.padding, column + element % 3 - c.padding)
          guard y >= 0, x >= 0, y < height, x < width else { continue }
          sum += Double(image[source.place(input, y, x)]) * Double(filters[start + (c.turned ? 8 - element : element)])
        }
      }
      return sum
    }
  }

  @Test(arguments: cases) func sumsAreThoseOfDoublePrecision(_ c: Case) {
    let convolution = Convolution(c: c)
    let filters = loopValues(convolution.inputs * convolution.outputs * 9, 1)
    let bias = loopValues(convolution.outputs, 2)
    // More squares than go through together.
    let images = (0..<4).map { number in
      var image = [Float](repeating: 0, count: convolution.source.count)
      let values = loopValues(image.count, 3 + number)
      for channel in 0..<convolution.inputs {
        for row in 0..<convolution.height {
          for column in 0..<convolution.width {
            let place = convolution.source.place(channel, row, column)
            image[place] = values[place]
          }
        }
      }
      return image
    }
    let plain = convolution.run(images, filters, bias, addend: nil)
    let rectified = convolution.run(images, filters, bias, addend: 0.25)
    var (squares, errors) = (0.0, 0.0)
    for (number, image) in images.enumerated() {
      for output in stride(from: 0, to: convolution.outputs, by: 11 - number) {
        for row in 0..<convolution.resultHeight {
          for column in 0..<convolution.resultWidth {
            let expected =
              convolution.sum(image, filters, output: output, row, column) + Double(bias[output])
            let place = convolution.destination.place(output, row, column)
            squares += expected * expected
            errors += (Double(plain[number][place]) - expected) * (Double(plain[number][place]) - expected)
            #expect(rectified[number][place] == max(0, plain[number][place] + 0.25))
          }
        }
      }
    }
    // Up to 3.2e-7 and 1.1e-6 were measured.
    #expect((errors / squares).squareRoot() <= (c.tile == 2 ? 4e-7 : 1.5e-6))
    // Alone every image has the bits that it has among others.
    for (number, image) in images.enumerated() {
      #expect(convolution.run([image], filters, bias, addend: nil)[0].elementsEqual(plain[number]))
    }
  }

  /// An overflow must be seen behind the ReLU too.
  @Test(arguments: [8, 16].filter { cconvolutions_has_lanes($0) }) func whatIsNoNumberStaysNone(_ lanes: Int) {
    let convolution = Convolution(c: Case(lanes: lanes, tile: 4, padding: 1, channelsLast: false, turned: false))
    var image = [Float](repeating: 0, count: convolution.source.count)
    image[0] = .infinity
    let filters = [Float](repeating: -1, count: convolution.inputs * convolution.outputs * 9)
    let bias = [Float](repeating: 0, count: convolution.outputs)
    let found = convolution.run([image], filters, bias, addend: 0)[0]
    #expect(!found[0].isFinite)
    #expect(found[convolution.destination.place(0, 6, 12)] == 0)
  }
}
