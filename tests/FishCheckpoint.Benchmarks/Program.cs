using BenchmarkDotNet.Running;
using FishCheckpoint.Api;
using FishCheckpoint.Benchmarks.EndToEnd;
using FishCheckpoint.Benchmarks.Models;
using FishCheckpoint.Benchmarks.Sizes;
using FishCheckpoint.Benchmarks.Training;

const string usage = """
    make-model DIR [DENSITY]   write a base shaped like BERT-large (391 tensors, 1.3 GB), a changed model and the patch between them
    rebuild DIR [PATCH|FULL]   serve in a process of its own, save and rebuild the models of DIR over HTTP, compare, and measure
    optimizer [STEPS]          state and time of an Adam step on a mask beside a dense one (10 million parameters, 0.5%)
    hook [TURNS]               what saving every step costs a training step, and how the stall grows (10.5 million parameters, 0.5%)
    sizes DIR [--write]        our encoding and everyone else's on real checkpoints, made by experiments/corpus.py DIR; --write: into docs/BENCHMARKS.md
    micro [ARGS]               BenchmarkDotNet over the hot loops
    serve ARGS                 the server alone, as the other commands start it
    """;
switch (args)
{
    case ["make-model", var folder, ..]:
        BertLarge.Write(folder, args.Length > 2 ? double.Parse(args[2]) : 0.005);
        return 0;
    case ["rebuild", var folder, ..]:
        return await RebuildRun.RunAsync(folder, args.Length > 2 && args[2] == "FULL");
    case ["optimizer", ..]:
        OptimizerRun.Run(args.Length > 1 ? int.Parse(args[1]) : 200);
        return 0;
    case ["hook", ..]:
        await HookRun.RunAsync(args.Length > 1 ? int.Parse(args[1]) : 12);
        return 0;
    case ["sizes", var folder, ..]:
        await SizesRun.RunAsync(folder, args.Contains("--write", StringComparer.Ordinal));
        return 0;
    case ["micro", .. var rest]:
        BenchmarkSwitcher.FromAssembly(typeof(BertLarge).Assembly).Run(rest);
        return 0;
    case ["serve", .. var rest]:
        await FishServer.Build(rest).RunAsync();
        return 0;
    default:
        await Console.Error.WriteLineAsync(usage);
        return 2;
}
