import Support
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
    var weights: [Float] = [1, 2, 3, 4, 5, 6]
    var turned: [Float] = [1, 4, 2, 5, 3, 6]
    // (3, 2)
    var matrix: [Float] = [1, 0, 2, -1, 0, 3]
    var product = [Float](repeating: .nan, count: 4)
    library.multiply(&weights, by: &matrix, rows: 2, columns: 2, depth: 3, to: &product)
    #expect(product == [5, 7, 14, 13])
    product = [Float](repeating: .nan, count: 4)
    library.multiply(&turned, isTransposed: true, by: &matrix, rows: 2, columns: 2, depth: 3, to: &product)
    #expect(product == [5, 7, 14, 13])

    var vector: [Float] = [1, -1, 2]
    var sum: [Float] = [10, 20]
    library.multiply(&weights, byVector: &vector, rows: 2, columns: 3, addingShare: 1, to: &sum)
    #expect(sum == [15, 31])
    var back = [Float](repeating: .nan, count: 3)
    var gradient: [Float] = [1, -1]
    library.multiply(
      &weights, isTransposed: true, byVector: &gradient, rows: 2, columns: 3, addingShare: 0, to: &back)
    #expect(back == [-3, -3, -3])
  }
}
