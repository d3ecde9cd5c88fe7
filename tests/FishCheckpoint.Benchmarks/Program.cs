using FishCheckpoint.Api;
using FishCheckpoint.Benchmarks.Compressors;
using FishCheckpoint.Benchmarks.EndToEnd;
using FishCheckpoint.Benchmarks.EndToEnd.Builds;
using FishCheckpoint.Benchmarks.EndToEnd.Chains;
using FishCheckpoint.Benchmarks.EndToEnd.Growth;
using FishCheckpoint.Benchmarks.EndToEnd.Many;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.EndToEnd.Reclaim;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.EndToEnd.Saving;
using FishCheckpoint.Benchmarks.EndToEnd.Serving;
using FishCheckpoint.Benchmarks.Micro;
using FishCheckpoint.Benchmarks.Models;
using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Benchmarks.Sizes;
using FishCheckpoint.Benchmarks.Speed;
using FishCheckpoint.Benchmarks.Training;

const string usage = """
    make-model DIR [DENSITY]   write a base shaped like BERT-large (391 tensors, 1.3 GB), a changed model and the patch between them
    rebuild DIR [PATCH|FULL]   serve in a process of its own, save and rebuild the models of DIR over HTTP, compare, and measure
    serve-speed DIR [TURNS]    rebuild the model of DIR beside nginx and static files that hold it dense; --write: into the benchmarks page
    save-speed DIR [TURNS]     save 0.5% of that model over HTTP beside torch.save and fsync of all of it; --write as above
    growth DIR [ELEMENTS]      what 100,000 changed values cost in a model of 10 million elements and in one of a billion; --write as above
    chains DIR [STEPS] [KIND]  what a chain takes whose every step has a mask of its own, and what reading any step costs; KIND: real
                               or synthetic; or deltas: what the delta between two steps costs beside whole models; --write as above
    many DIR [CHECKPOINTS]     lists, gets and reports of stores with 100,000 checkpoints, embedded and over HTTP; --write as above
    reclaim DIR [STEPS]        what deleting nine checkpoints of ten of a store of 3 GB gives back while models are streamed;
                               --write as above
    deletions DIR [CHECKPOINTS] deleting 10,000 checkpoints of one task, bringing them back and removing them, while others save;
                               and what a grace costs; --write as above
    optimizer [STEPS]          state and time of an Adam step on a mask beside a dense one (10 million parameters, 0.5%)
    hook [TURNS]               what saving every step costs a training step, and how the stall grows (10.5 million parameters, 0.5%)
    sizes DIR [--write]        our encoding and others' on real checkpoints, made by experiments/corpus.py DIR; --write: into the page
    check-peers                hold every peer's bytes to its format's description, on a model of eight values; sizes begins with it
    store-sizes DIR            what the values of a fixed mask take in a store, of each of the corpus's trainings on one; a part of sizes
    codec-speed DIR [--write]  encoding and decoding on one thread, the coder alone and as stored, on the same checkpoints
    compressors DIR [--write]  LZ4 and Zstandard by our libraries and by the system's (liblz4, libzstd), in turns, on the same checkpoints
    builds DIR A B [TURNS]     saves and loads of the same checkpoints by two builds' fish, in turns; --write as above
    micro [--write]            BenchmarkDotNet over the hot loops, each beside the plainest pass over the same memory
    serve ARGS                 the server alone, as the other commands start it; also serve-static URL DIR, serve-memory URL BYTES
    """;
var write = args.Contains("--write");
args = [.. args.Where(argument => argument != "--write")];
Machine.NoteLoad();
switch (args)
{
    case ["make-model", var folder, ..]:
        BertLarge.Write(folder, args.Length > 2 ? double.Parse(args[2]) : 0.005);
        return 0;
    case ["rebuild", var folder, ..]:
        return await RebuildRun.RunAsync(folder, args.Length > 2 && args[2] == "FULL");
    case ["serve-speed", var folder, ..]:
        await ServeSpeedRun.RunAsync(folder, args.Length > 2 ? int.Parse(args[2]) : 11, write);
        return 0;
    case ["save-speed", var folder, ..]:
        await SaveSpeedRun.RunAsync(folder, args.Length > 2 ? int.Parse(args[2]) : 7, write);
        return 0;
    case ["growth", var folder, ..]:
        await GrowthRun.RunAsync(folder, args.Length > 2 ? long.Parse(args[2]) : 1_000_000_000, 15, write);
        return 0;
    case ["chains", var folder, ..]:
        await ChainsRun.RunAsync(folder, args.Length > 2 ? int.Parse(args[2]) : 500, args.Length > 3 ? args[3] : null, write);
        return 0;
    case ["many", var folder, ..]:
        await ManyRun.RunAsync(folder, args.Length > 2 ? int.Parse(args[2]) : 100_000, 300, write);
        return 0;
    case ["reclaim", var folder, ..]:
        await ReclaimRun.RunAsync(folder, args.Length > 2 ? int.Parse(args[2]) : 150, write);
        return 0;
    case ["deletions", var folder, ..]:
        await DeletionsRun.RunAsync(folder, args.Length > 2 ? int.Parse(args[2]) : 10_000, write);
        return 0;
    case ["optimizer", ..]:
        OptimizerRun.Run(args.Length > 1 ? int.Parse(args[1]) : 200);
        return 0;
    case ["hook", ..]:
        await HookRun.RunAsync(args.Length > 1 ? int.Parse(args[1]) : 12);
        return 0;
    case ["sizes", var folder, ..]:
        await SizesRun.RunAsync(folder, write);
        return 0;
    case ["check-peers"]:
        LayoutCheck.Run();
        Console.WriteLine("Every peer writes what its format's description says.");
        return 0;
    case ["store-sizes", var folder]:
        await SizesRun.StoresAsync(folder);
        return 0;
    case ["codec-speed", var folder]:
        CodecSpeedRun.Run(folder, write);
        return 0;
    case ["compressors", var folder]:
        CompressorsRun.Run(folder, write);
        return 0;
    case ["builds", var folder, var before, var after, ..]:
        await BuildsRun.RunAsync(folder, before, after, args.Length > 4 ? int.Parse(args[4]) : 21, write);
        return 0;
    case ["micro"]:
        MicroRun.Run(write);
        return 0;
    case ["serve", .. var rest]:
        await FishServer.Build(rest).RunAsync();
        return 0;
    case ["serve-static", var url, var folder]:
        await StaticFiles.RunAsync(url, folder);
        return 0;
    case ["serve-memory", var url, var length]:
        LoopbackLimit.Run(url, long.Parse(length));
        return 0;
    default:
        await Console.Error.WriteLineAsync(usage);
        return 2;
}
