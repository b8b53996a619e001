import Datasets
import Foundation
import Images
import Support
import Testing

@Suite("Labelled images out of folders and the ORL cache")
final class SourceTests {
  private let root = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)")
  private let pixel = Array("P5 1 1 255\n".utf8) + [77]

  init() throws { try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: root) }

  private func write(_ path: String, _ bytes: [UInt8]? = nil) throws {
    let url = root.appending(path: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes ?? pixel).write(to: url)
  }

  private func message(_ body: () throws(Problem) -> Dataset) -> String {
    do throws(Problem) {
      return "\(try body().images.count) images"
    } catch { return "\(error.kind) \(error)" }
  }

  @Test func labelsAndImagesComeInTheOrderOfTheirBytes() throws {
    for path in ["s2/2.pgm", "s10/10.PGM", "s10/2.jpeg", "s10/1.JPG", "S3/x.png", "é/y.ppm", "s1/z.pnm"] {
      try write("faces/" + path)
    }
    for path in ["s1/.hidden.png", "s1/notes.txt", "s1/picture.bmp", "s1/deeper/x.png", ".git/x.png", "read.me"] {
      try write("faces/" + path, Array("text".utf8))
    }
    try FileManager.default.createDirectory(
      at: root.appending(path: "faces/s1/folder.png"), withIntermediateDirectories: true)
    let dataset = try Dataset.folder(root.appending(path: "faces"))
    #expect(dataset.name == "faces")
    #expect(dataset.classNames == ["S3", "s1", "s10", "s2", "é"])
    #expect(
      dataset.images.map(\.path)
        == ["S3/x.png", "s1/z.pnm", "s10/1.JPG", "s10/10.PGM", "s10/2.jpeg", "s2/2.pgm", "é/y.ppm"])
    #expect(dataset.images.map(\.label) == [0, 1, 2, 2, 2, 3, 4])
    #expect(try Dataset.folder(root.appending(path: "faces"), name: "Faces").name == "Faces")
    #expect(
      dataset.warnings.map(\.message) == ["2 pictures were passed over: 1 .bmp, 1 in folders within class folders"])
    #expect(
      dataset.notes == [
        "4 other files were passed over: 1 .me, 1 .txt, 1 that are hidden folders with pictures, 1 hidden."
      ])
  }

  @Test func anImageIsReadOnceForPictureAndSum() throws {
    try write("faces/a/1.png")
    try write("faces/a/2.png", Array("no picture".utf8))
    let images = try Dataset.folder(root.appending(path: "faces")).images
    let loaded = try images[0].load()
    #expect(loaded.image == RGBImage(width: 1, height: 1, pixels: [77, 77, 77]))
    // printf 'P5 1 1 255\n\x4d' | sha256sum
    #expect(loaded.sha256 == "3108af5d18b2961a4e8a4f3acbf2e69a50b5a1fbf45e29539f25f5acd2305ea5")
    #expect(loaded.sha256 == (try Checksum.sha256(contentsOf: images[0].url)))
    let problem = #expect(throws: Problem.self) { try images[1].load() }
    #expect(problem?.place == Place(file: "a/2.png"))
    #expect(problem?.kind == .failure)
  }

  @Test func sumsAreThoseOfTheStandard() {
    // FIPS 180-2, appendix B.1.
    #expect(
      Checksum.sha256(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Checksum.sha256([UInt8]()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func theORLCacheSaysWhatToRun() throws {
    let cache = root.appending(path: "orl")
    let remedy = "Without `data.root` they are taken from the cache, which `heatdrift data fetch orl` fills."
    #expect(
      message { () throws(Problem) in try .orl(cache: cache) }
        == "usage \(cache.path): the ORL faces have not been fetched yet\n  \(remedy)")
    try write("orl/s1/2.pgm")
    #expect(
      message { () throws(Problem) in try .orl(cache: cache) }
        == "usage \(cache.path)/s1/1.pgm: this photograph of the ORL faces is missing\n  \(remedy)")
    try write("orl/s1/1.pgm")
    #expect(
      message { () throws(Problem) in try .orl(cache: cache) }
        == "usage \(cache.path)/s1/1.pgm: this photograph of the ORL faces is damaged: its SHA-256 is not the published "
        + "one\n  \(remedy)")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: Dataset.defaultORLCache.path)))
  func theORLFacesAreFortyPeople() throws {
    let faces = try Dataset.orl()
    #expect(faces.name == "ORL faces")
    #expect(faces.classNames.prefix(4) == ["s1", "s10", "s11", "s12"])
    #expect(faces.classNames.count == 40)
    #expect(faces.images.count == 400)
    #expect(faces.images.prefix(3).map(\.path) == ["s1/1.pgm", "s1/10.pgm", "s1/2.pgm"])
    #expect(faces.images.last?.label == 39)
    let first = try faces.images[0].load()
    #expect(first.image.width == 92 && first.image.height == 112)
    #expect(first.sha256 == "0198d5a79bb658bd75a79448880d9cf47d76c558c1a927244c004d26fb1e0499")
    #expect(try faces.selecting(.test, seed: 7).images.count == 40)
  }
}
