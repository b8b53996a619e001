import CConvolutions
import Support
import Tensors

/// A convolution by loops of our own, which take values as they lie between oneDNN's convolutions, so that nothing is rearranged
/// before or behind them. All images of a batch go through together, as they share a reading of the filters.
protocol LoopConvolution: Sendable {
  var destination: OneDNNLayout { get }
  var scratchCount: Int { get }
  /// As the loops read them.
  var filters: AlignedBuffer { get }
  /// What is added to each output channel.
  var bias: AlignedBuffer { get }

  /// Arranges `filters`.
  /// - Parameters:
  ///   - values: row-major, (output, input, height, width), of this convolution, or of the one whose gradient it is.
  ///   - turned: whether this is the gradient of the one that they are of.
  func arrange(_ values: [Float], turned: Bool)

  /// The loops' own call, of as many images as there are destinations.
  @unsafe func callLoops(
    _ filters: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ sources: [UnsafePointer<Float>?],
    _ addends: [UnsafePointer<Float>?]?, _ destinations: [UnsafeMutablePointer<Float>?], rectified: Bool,
    _ scratch: UnsafeMutablePointer<Float>)
}

extension LoopConvolution {
  /// Called once, before anything is computed.
  /// - Parameters:
  ///   - values: row-major, (output, input, height, width), of this convolution, or of the one whose gradient it is.
  ///   - added: to each output channel; nothing where there are none.
  func fill(_ values: [Float], bias added: [Float] = [], turned: Bool) {
    arrange(values, turned: turned)
    bias.floats.copy(added.span)
  }

  /// - Parameters:
  ///   - addends: in the layout of the destinations; may be these.
  ///   - rectified: whether a ReLU follows.
  func run(
    _ sources: LentParts, addends: LentParts?, to destinations: LentParts, rectified: Bool, scratch: LentFloats
  ) {
    precondition(scratch.count >= scratchCount, "\(scratch.count) of \(scratchCount) floats of scratch memory")
    unsafe withPointers(filters.floats, bias.floats, scratch) { filters, bias, scratch in
      unsafe sources.withPointers { sources in
        unsafe destinations.withPointers { destinations in
          let from = unsafe sources.map { unsafe UnsafePointer($0) }
          guard let addends else {
            unsafe callLoops(filters, bias, from, nil, destinations, rectified: rectified, scratch)
            return
          }
          unsafe addends.withPointers { addends in
            unsafe callLoops(
              filters, bias, from, addends.map { unsafe UnsafePointer($0) }, destinations, rectified: rectified, scratch
            )
          }
        }
      }
    }
  }
}
