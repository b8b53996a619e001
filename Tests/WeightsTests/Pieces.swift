import Support
import Tensors
import Weights

/// A tensor's elements as the file has them, put together from their pieces.
func elements(of name: String, in file: WeightsFile) throws(Problem) -> [UInt8] {
  var bytes: [UInt8] = []
  try file.forEachPiece(ofElements: name) { $0.withUnsafeBytes { bytes += $0 } }
  return bytes
}

/// A tensor's values, put together from their pieces.
func pieces(of name: String, in tensors: some NamedTensors) throws(Problem) -> [Float] {
  var values: [Float] = []
  try tensors.forEachPiece(of: name) { (start, piece) throws(Problem) in
    guard start == values.count else { throw .failure("a piece begins at \(start), not at \(values.count)") }
    piece.withUnsafeBufferPointer { values += $0 }
  }
  return values
}
