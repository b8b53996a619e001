import ExperimentFile
import Foundation
import GoldenSupport
import Measuring
import Results
import Store
import Support
import Testing

@Suite struct OutputTests {
  @Test func provenanceSaysEverythingAndNobodysName() throws {
    var experiment = ColourExperiment()
    experiment.images = [experiment.images[0]]
    let plan = try experiment.plan()
    let file = try ExperimentFile(
      text: experiment.yaml(), path: "/home/someone/colours.yaml",
      overrides: [Override("data.root=/home/someone/faces"), Override("seed=4")])
    let run = StoredRun(
      file: file, plan: plan, engine: "colours 1", outcome: RunOutcome(),
      software: [ProvenanceEntry(section: "software", name: "engine", value: "colours 1")], template: nil)
    let text = String(decoding: try run.provenanceJSON(), as: UTF8.self)
    #expect(
      text == """
        {
          "classNames" : [
            "red",
            "green",
            "blue"
          ],
          "experiment" : {
            "file" : "colours.yaml",
            "overrides" : [
              "data.root=faces",
              "seed=4"
            ],
            "seed" : 3,
            "sha256" : "\(file.sha256)",
            "title" : "Colours"
          },
          "images" : [
            {
              "label" : 0,
              "path" : "red/a.png",
              "sha256" : "\(plan.images[0].record.sha256)"
            }
          ],
          "models" : [
            {
              "architecture" : "vgg16",
              "classCount" : 3,
              "inputSize" : 32,
              "key" : "vgg16",
              "lastLayer" : "again",
              "layers" : [
                "again"
              ],
              "mean" : [
                0,
                0,
                0
              ],
              "name" : "VGG16",
              "parameterCount" : 12,
              "standardDeviation" : [
                1,
                1,
                1
              ],
              "weightsFile" : "colours.safetensors",
              "weightsSHA256" : "c0",
              "width" : 1
            }
          ],
          "notes" : [

          ],
          "options" : {
            "attack.epsilons" : "0.2",
            "attack.loss-label" : "label",
            "attack.method" : "fgsm",
            "attack.quantise" : "none",
            "compare.window" : "uniform",
            "data.limit" : "none",
            "data.source" : "folder",
            "data.split" : "all",
            "data.split-seed" : "3",
            "explain.method" : "grad-cam",
            "explain.targets" : "predicted",
            "resamples" : "10000",
            "seed" : "3",
            "vgg16.architecture" : "vgg16",
            "vgg16.input.channels" : "rgb",
            "vgg16.input.fit" : "squash",
            "vgg16.input.mean" : "0, 0, 0",
            "vgg16.input.range" : "1",
            "vgg16.input.size" : "32",
            "vgg16.input.std" : "1, 1, 1",
            "vgg16.layers" : "last",
            "vgg16.width" : "1"
          },
          "skipped" : [

          ],
          "software" : {
            "Heatdrift" : "0.1.0",
            "arithmetic revision" : "7",
            "engine" : "colours 1",
            "measurement protocol" : "1"
          }
        }

        """)
  }

  @Test func filesAreReplacedWholeOrNotAtAll() throws {
    let folder = try TestFolder()
    let path = folder.path + "/a.txt"
    try AtomicFile.write(Array("one".utf8), to: path)
    try AtomicFile.write(Array("two".utf8), to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.txt"])
    #expect { try AtomicFile.write([1], to: folder.path + "/missing/a.txt") } throws: {
      "\($0)"
        == "\(folder.path)/missing/a.txt: the file cannot be written: No such file or directory\n"
        + "  Make the folder first, or choose another place."
    }
    // A folder in its place: the former state stays, and no partial file is left.
    try FileManager.default.createDirectory(atPath: folder.path + "/b", withIntermediateDirectories: false)
    #expect(throws: Problem.self) { try AtomicFile.write([1], to: folder.path + "/b") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.txt", "b"])
  }
}
