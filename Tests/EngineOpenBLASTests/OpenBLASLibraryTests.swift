import Support
import Tensors
import Testing

@testable import EngineOpenBLAS

@Suite struct OpenBLASLibraryTests {
  @Test func sayWhatIsMissing() {
    #expect(
      throws: Problem.failure(
        "OpenBLAS, which `--engine openblas` and `--check-numbers` compute with, cannot be loaded: "
          + "libabsent.so.0: cannot open shared object file: No such file or directory",
        remedy: "Install it (on Debian and Ubuntu `apt-get install libopenblas0`), or use `--engine onednn`.")
    ) { try OpenBLASLibrary(fileName: "libabsent.so.0") }
  }

  @Test func multiplyPlainAndTransposed() throws {
    let library = try OpenBLASLibrary.load()
    // (2, 3) and, lying the other way, (3, 2).
    let weights = try AlignedBuffer(copying: [1, 2, 3, 4, 5, 6])
    let turned = try AlignedBuffer(copying: [1, 4, 2, 5, 3, 6])
    // (3, 2)
    let matrix = try AlignedBuffer(copying: [1, 0, 2, -1, 0, 3])
    var product = try AlignedBuffer(copying: [Float](repeating: .nan, count: 4))
    library.multiply(weights.floats, by: matrix.floats, rows: 2, columns: 2, depth: 3, to: product.floats)
    #expect(product.floats.values(4) == [5, 7, 14, 13])
    product = try AlignedBuffer(copying: [Float](repeating: .nan, count: 4))
    library.multiply(
      turned.floats, isTransposed: true, by: matrix.floats, rows: 2, columns: 2, depth: 3, to: product.floats)
    #expect(product.floats.values(4) == [5, 7, 14, 13])

    let vector = try AlignedBuffer(copying: [1, -1, 2])
    let sum = try AlignedBuffer(copying: [10, 20])
    library.multiply(weights.floats, byVector: vector.floats, rows: 2, columns: 3, addingShare: 1, to: sum.floats)
    #expect(sum.floats.values(2) == [15, 31])
    let back = try AlignedBuffer(copying: [Float](repeating: .nan, count: 3))
    let gradient = try AlignedBuffer(copying: [1, -1])
    library.multiply(
      weights.floats, isTransposed: true, byVector: gradient.floats, rows: 2, columns: 3, addingShare: 0,
      to: back.floats)
    #expect(back.floats.values(3) == [-3, -3, -3])
  }
}
