import Support
import Weights

extension ONNXFile {
  /// Opens a file that somebody named as a network: whatever is wrong with it is wrong with the call, and of what is no ONNX file
  /// it is said how to make one.
  /// - Throws: `Problem` of kind `.usage`, or `.changed`.
  public static func open(
    network path: String, for purpose: HeldFile.Purpose = .reading
  ) throws(Problem) -> ONNXFile {
    if let other = WeightsFile.insteadOfONNX(path) { throw other }
    do {
      return try open(path, for: purpose)
    } catch {
      var problem = error
      if problem.kind == .failure { problem.kind = .usage }
      throw problem
    }
  }
}
