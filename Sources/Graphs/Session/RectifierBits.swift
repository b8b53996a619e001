import CRectifier
import Support
import Tensors

/// Of one image: where the ReLUs of a forward pass were open, a bit for each element. All that a backward pass has to
/// know of their values, so that these need not be kept.
struct RectifierBits: Sendable {
  private let buffer: AlignedBuffer
  /// In bytes, by step; nil where there is no ReLU that a gradient passes.
  private let offsets: [Int?]

  /// - Parameters:
  ///   - counts: floats of each step's value.
  ///   - needed: which steps' gradients are passed on.
  init(_ program: Program, counts: [Int], needed: [Bool]) throws(Problem) {
    var end = 0
    offsets = program.steps.indices.map { step in
      guard needed[step], program.steps[step].isRectified else { return nil }
      defer { end += (counts[step] + 7) / 8 }
      return end
    }
    buffer = try AlignedBuffer(count: (end + 3) / 4)
  }

  private func bits(of step: Int) -> UnsafeMutablePointer<UInt8>? {
    unsafe offsets[step].map { unsafe UnsafeMutableRawPointer(buffer.pointer).assumingMemoryBound(to: UInt8.self) + $0 }
  }

  func record(_ value: FloatPointer, of step: Int, count: Int) {
    if let bits = unsafe bits(of: step) { unsafe crectifier_record(value, count, bits) }
  }

  /// The backward pass of the step's ReLU, if it has one: the gradient passes where the value was greater than 0.
  func mask(_ gradient: FloatPointer, of step: Int, count: Int) {
    if let bits = unsafe bits(of: step) { unsafe crectifier_mask(gradient, count, bits) }
  }
}

extension Program.Step {
  /// Whether a ReLU is the last thing that makes the value.
  var isRectified: Bool {
    if case .relu = kind { return true }
    return hasReLU
  }
}
