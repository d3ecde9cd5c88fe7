using FishCheckpoint.Benchmarks.Peers;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>Two models of one run.</summary>
/// <param name="Title">What they are.</param>
/// <param name="Before">The earlier one.</param>
/// <param name="After">The later one.</param>
internal sealed record Pair(string Title, Checkpoint Before, Checkpoint After)
{
    /// <summary>The pairs of 16-bit models in a corpus's folders, the closest first; each is read when it is its turn.</summary>
    public static IEnumerable<Pair> OfFolder(string folder, Corpus corpus) =>
        from type in new[] { "bf16", "fp16" }
        from path in Directory.EnumerateDirectories(Path.Combine(folder, type), "density-*").OrderBy(path => int.Parse(path[(path.LastIndexOf('-') + 1)..]))
        select new Pair(
            $"{type}, {Path.GetFileName(path)}: {corpus.Describe(type, Path.GetFileName(path))}", Checkpoint.Load(Path.Combine(path, "before.safetensors")),
            Checkpoint.Load(Path.Combine(path, "after.safetensors")));
}
