import Foundation
import GoldenSupport
import Images
import Maps
import Results
import Support
import Testing

/// A file of maps that is as it should be, value by value.
@Suite struct MapsFileTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func file(_ made: MadeMaps) throws -> MapsFile {
    try folder.write(try made.bytes(), to: "maps.safetensors")
    return try MapsFile("\(folder.path)/maps.safetensors")
  }

  @Test func whatItSaysOfItself() throws {
    let about = try file(MadeMaps()).description
    #expect(about.producer.name == "a test")
    #expect(about.producer.software.map { "\($0.name) \($0.version)" } == ["numpy 2.1"])
    #expect(about.input.size == 4 && about.input.fit == "crop" && about.input.resize == 5)
    #expect(about.input.orientation == .apply)
    #expect(about.classCount == 3 && !about.areScaled)
    #expect(about.images.map(\.image) == ["a/1.png", "b/1.png"] && about.images.map(\.label) == [0, nil])
    #expect(about.levels == [.clean, .attack("fgsm", 8 / 255), .attack("fgsm", 0.1)])
    #expect(about.levels[1].words == "fgsm at 8/255")
    #expect(about.targets == [.predicted, .label])
    #expect(about.index(of: "fgsm", epsilon: Double(Float(0.1))) == 2, "single precision made of it 0.10000000149")
    #expect(about.index(of: "fgsm", epsilon: 0.10001) == nil)
    #expect(about.index(of: "pgd", epsilon: 0.1) == nil)
  }

  @Test func everyMapLiesWhereItsAxesSay() throws {
    let file = try file(MadeMaps())
    // Six values of each map, two targets of each level, three levels of each image.
    let map = try file.map(image: 1, level: 2, explanation: 0, target: 1, layer: "last")
    #expect(map.height == 2 && map.width == 3)
    let start = (1 * 3 + 2) * 2 * 6 + 1 * 6
    #expect(map.values == (start..<start + 6).map { Float($0) })
    #expect(try file.map(image: 0, level: 0, explanation: 0, target: 0, layer: "last").values == [0, 1, 2, 3, 4, 5])
    #expect(throws: Problem.self) { try file.map(image: 0, level: 0, explanation: 0, target: 0, layer: "other") }
    try file.checkValues()
  }

  @Test func logitsGiveProbabilitiesAndTheFirstOfEquals() throws {
    var made = MadeMaps()
    made.tensors["logits"] = MadeMaps.floats([2, 3, 3]) { [1, 3, 3, 0, 0, 0, 2, 0, 1][$0 % 9] }
    let file = try file(made)
    let answer = try file.answer(image: 0, level: 0)
    #expect(answer.prediction == 1)
    let share = 1 / (2 + exp(-2.0))
    #expect(abs(answer.confidence - share) < 1e-12)
    #expect(answer.highest.map(\.label) == [1, 2, 0])
    let attacked = try file.answer(image: 0, level: 2).scores(against: answer)
    #expect(attacked.classes.map(\.label) == [0, 2, 1] && attacked.clippedShare == nil)
  }

  @Test func theHighestClassesAreEnough() throws {
    var made = MadeMaps()
    made.answerHighest({ [2, 0][$0 % 2] }, { [0.25, 0.5][$0 % 2] })
    let file = try file(made)
    #expect(!file.hasAllClasses)
    let answer = try file.answer(image: 1, level: 1)
    #expect(answer.prediction == 0 && answer.confidence == 0.5 && answer.logits == nil)
    #expect(answer.highest.map(\.label) == [0, 2])
    #expect(answer.highest.map(\.logit) == [Float(log(0.5)), Float(log(0.25))])
    #expect(answer.scores(against: answer).isPossible)
  }

  @Test func picturesOfTheInputs() throws {
    var made = MadeMaps()
    #expect(try file(made).input(image: 0, level: 0) == nil)
    made.tensors["inputs"] = MadeMaps.pixels([2, 3, 3, 4, 4]) { UInt8($0 % 251) }
    let picture = try #require(try file(made).input(image: 1, level: 0))
    let start = 3 * 48
    #expect(picture.width == 4 && picture.height == 4)
    #expect(Array(picture.pixels.prefix(3)) == [start, start + 16, start + 32].map { UInt8($0 % 251) })
    #expect(picture.pixels[3] == UInt8((start + 1) % 251))
  }

  @Test func halfPrecisionIsRead() throws {
    var made = MadeMaps()
    made.tensors["maps.last"] = MadeMaps.Made(
      type: "F16", shape: [2, 3, 1, 2, 1, 1],
      bytes: (0..<12).flatMap { number -> [UInt8] in
        let bits = Float16(Float(number) / 8).bitPattern
        return [UInt8(bits & 255), UInt8(bits >> 8)]
      })
    #expect(try file(made).map(image: 0, level: 1, explanation: 0, target: 1, layer: "last").values == [0.375])
  }

  // MARK: - Several files

  @Test func filesOfAFolderAreOneCollection() throws {
    var made = MadeMaps()
    try folder.write(try made.bytes(), to: "m/maps-1.safetensors")
    made.about["images"] = [["image": "c/1.png", "sha256": String(repeating: "c", count: 64)]]
    made.about["levels"] = [["attack": "clean"]]
    made.about["layers"] = ["early", "last"]
    made.tensors["logits"] = MadeMaps.floats([1, 1, 3]) { _ in 1 }
    made.tensors["maps.last"] = MadeMaps.floats([1, 1, 1, 2, 1, 1]) { _ in 1 }
    made.tensors["maps.early"] = MadeMaps.floats([1, 1, 1, 2, 5, 5]) { _ in 1 }
    try folder.write(try made.bytes(), to: "m/maps-2.safetensors")
    try folder.write("no maps", to: "m/notes.txt")
    let maps = try MapsCollection("\(folder.path)/m")
    #expect(maps.files.count == 2 && maps.imageCount == 3)
    #expect(maps.layers == ["last", "early"])
    #expect(maps.places(of: String(repeating: "c", count: 64)).map { [$0.file, $0.image] } == [[1, 0]])
    #expect(maps.places(of: String(repeating: "d", count: 64)).isEmpty)
    #expect(maps.sha256(named: "c/1.png") == String(repeating: "c", count: 64))
    // Of several files the sum of the list of their sums.
    let lines = try ["maps-1.safetensors", "maps-2.safetensors"].map { name in
      "\(try Checksum.sha256(contentsOf: URL(filePath: "\(folder.path)/m/\(name)")))  \(name)\n"
    }
    #expect(try maps.sha256() == Checksum.sha256(Array(lines.joined().utf8)))
    try maps.checkValues()
  }

  @Test func anImageStandsAtEachLevelOnce() throws {
    let made = MadeMaps()
    try folder.write(try made.bytes(), to: "m/1.safetensors")
    try folder.write(try made.bytes(), to: "m/2.safetensors")
    let problem = #expect(throws: Problem.self) { try MapsCollection("\(folder.path)/m") }
    #expect(problem?.message.contains("stands in 1.safetensors as well, at the same level: the clean image") == true)
    // Another attack of the same images may lie in another file.
    var other = made
    other.about["levels"] = [["attack": "pgd", "epsilon": 0.1]]
    other.tensors["logits"] = MadeMaps.floats([2, 1, 3]) { _ in 1 }
    other.tensors["maps.last"] = MadeMaps.floats([2, 1, 1, 2, 2, 3]) { _ in 1 }
    try folder.write(try other.bytes(), to: "m/2.safetensors")
    let maps = try MapsCollection("\(folder.path)/m")
    #expect(maps.places(of: String(repeating: "a", count: 64)).map(\.file) == [0, 1])
  }

  @Test func filesOfOneFolderAreOfOneNetwork() throws {
    func refusal(_ change: (inout MadeMaps) -> Void) throws -> String? {
      try folder.write(try MadeMaps().bytes(), to: "m/1.safetensors")
      var other = MadeMaps()
      other.about["images"] = [
        ["image": "c", "sha256": String(repeating: "c", count: 64)],
        ["image": "d", "sha256": String(repeating: "d", count: 64)],
      ]
      change(&other)
      try folder.write(try other.bytes(), to: "m/2.safetensors")
      return #expect(throws: Problem.self) { try MapsCollection("\(folder.path)/m") }?.message
    }
    #expect(try refusal { $0.about["input"] = ["size": 8] } == "it has another `input` than 1.safetensors")
    #expect(try refusal { $0.about["maps"] = "scaled" } == "it has other `maps` (scaled, not raw) than 1.safetensors")
    #expect(
      try refusal {
        $0.about["classes"] = 4
        $0.tensors["logits"] = MadeMaps.floats([2, 3, 4]) { _ in 0 }
      } == "it has other `classes` (4, not 3) than 1.safetensors")
  }

  @Test func aFolderWithoutMapsIsRefused() throws {
    try folder.write("x", to: "m/a.txt")
    let problem = #expect(throws: Problem.self) { try MapsCollection("\(folder.path)/m") }
    #expect(problem?.message == "the folder has no file of maps: none whose name ends with `.safetensors`")
  }
}
