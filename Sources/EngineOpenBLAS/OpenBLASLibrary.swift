import COpenBLAS
import Graphs
import Graphs
import Support
import Tensors

/// OpenBLAS as far as the engine uses it, loaded once by the first who asks.
struct OpenBLASLibrary: @unchecked Sendable {
  private let functions: copenblas_functions

  private static let loaded = Result { () throws(Problem) in try OpenBLASLibrary(fileName: "libopenblas.so.0") }

  /// - Throws: `Problem` with the loader's words where it is not installed.
  static func load() throws(Problem) -> OpenBLASLibrary { try loaded.get() }

  init(fileName: String) throws(Problem) {
    var functions = copenblas_functions()
    if let reason = unsafe copenblas_load(fileName, &functions) {
      throw unsafe .failure(
        "OpenBLAS, which `--engine openblas` and `--check-numbers` compute with, cannot be loaded: "
          + String(cString: reason),
        remedy: "Install it (on Debian and Ubuntu `apt-get install libopenblas0`), or use `--engine onednn`.")
    }
    self.functions = functions
  }

  /// "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
  var configuration: String { unsafe functions.get_config().map { unsafe String(cString: $0) } ?? "OpenBLAS" }

  /// The processor that it takes this one for: "Zen".
  var core: String { unsafe functions.get_corename().map { unsafe String(cString: $0) } ?? "unknown" }

  /// Images run in parallel, so each product keeps to its own thread.
  func useOneThread() { functions.set_num_threads(1) }

  /// result = weights matrix, row-major: (rows, depth) x (depth, columns).
  /// - Parameter isTransposed: the weights lie as (depth, rows).
  func multiply(
    _ weights: LentFloats, isTransposed: Bool = false, by matrix: LentFloats, rows: Int, columns: Int, depth: Int,
    to result: LentFloats
  ) {
    precondition(weights.count >= rows * depth && matrix.count >= depth * columns && result.count >= rows * columns)
    unsafe withPointers(weights, matrix, result) { weights, matrix, result in
      unsafe functions.sgemm(
        Int32(copenblas_row_major), transposition(isTransposed), transposition(false), Int32(rows), Int32(columns),
        Int32(depth), 1, weights, Int32(isTransposed ? rows : depth), matrix, Int32(columns), 0, result, Int32(columns))
    }
  }

  /// One of a matrix product's.
  func multiply(_ product: MatrixProducts.One) {
    let (rows, columns, depth) = (product.rows, product.columns, product.depth)
    precondition(
      product.a.count >= rows * depth && product.b.count >= depth * columns && product.result.count >= rows * columns)
    unsafe withPointers(product.a, product.b, product.result) { a, b, result in
      unsafe functions.sgemm(
        Int32(copenblas_row_major), transposition(product.isTransposedA), transposition(product.isTransposedB),
        Int32(rows), Int32(columns), Int32(depth), 1, a, Int32(product.isTransposedA ? rows : depth), b,
        Int32(product.isTransposedB ? depth : columns), 0, result, Int32(columns))
    }
  }

  /// result = weights vector + result x `share`, the weights row-major: (rows, columns).
  /// - Parameter isTransposed: the vector has as many elements as the weights have rows.
  func multiply(
    _ weights: LentFloats, isTransposed: Bool = false, byVector vector: LentFloats, rows: Int, columns: Int,
    addingShare share: Float, to result: LentFloats
  ) {
    precondition(
      weights.count >= rows * columns && vector.count >= (isTransposed ? rows : columns)
        && result.count >= (isTransposed ? columns : rows))
    unsafe withPointers(weights, vector, result) { weights, vector, result in
      unsafe functions.sgemv(
        Int32(copenblas_row_major), transposition(isTransposed), Int32(rows), Int32(columns), 1, weights,
        Int32(columns), vector, 1, share, result, 1)
    }
  }

  private func transposition(_ isTransposed: Bool) -> Int32 {
    Int32(isTransposed ? copenblas_transposed : copenblas_plain)
  }
}
