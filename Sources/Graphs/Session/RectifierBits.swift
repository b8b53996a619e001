import CRectifier
import Support
import Tensors

/// Of one image: where the ReLUs of a forward pass were open, a bit for each element. All that a backward pass has to
/// know of their values, so that these need not be kept.
struct RectifierBits: Sendable {
  private let buffer: AlignedBuffer
  /// In bytes, by step; nil where there is no ReLU that a gradient passes.
  private let offsets: [Int?]

  /// Of memory: as many as hold the bits.
  var floatCount: Int { buffer.count }

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

  /// Where a bit for each of so many elements lies, the buffer's bytes being numbered.
  private func withBits(of step: Int, count: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Void) {
    guard let offset = offsets[step] else { return }
    precondition(offset + (count + 7) / 8 <= 4 * buffer.count, "no room for \(count) bits")
    unsafe buffer.floats.withPointer {
      unsafe body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt8.self) + offset)
    }
  }

  func record(_ value: LentFloats, of step: Int) {
    let count = value.count
    unsafe value.withPointer { value in
      unsafe withBits(of: step, count: count) { unsafe crectifier_record(value, count, $0) }
    }
  }

  /// The backward pass of the step's ReLU, if it has one: the gradient passes where the value was greater than 0.
  func mask(_ gradient: LentFloats, of step: Int) {
    let count = gradient.count
    unsafe gradient.withPointer { gradient in
      unsafe withBits(of: step, count: count) { unsafe crectifier_mask(gradient, count, $0) }
    }
  }
}

extension Program.Step {
  /// Whether a ReLU is the last thing that makes the value.
  var isRectified: Bool {
    if case .relu = kind { return true }
    return hasReLU
  }
}
