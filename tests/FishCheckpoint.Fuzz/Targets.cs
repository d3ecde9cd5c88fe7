using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Folders;
using FishCheckpoint.Fuzz.Frames;
using FishCheckpoint.Fuzz.Http;
using FishCheckpoint.Fuzz.Patches;
using FishCheckpoint.Fuzz.Safetensors;
using FishCheckpoint.Fuzz.Stores;
using FishCheckpoint.Fuzz.Torch;

namespace FishCheckpoint.Fuzz;

/// <summary>Everything that is fuzzed.</summary>
internal static class Targets
{
    private static readonly (string Name, Func<Task<FuzzTarget>> Create)[] All =
    [
        ("chunks", () => Ready(new ChunksTarget())),
        ("frames", () => Ready(new FramesTarget())),
        ("bytes", () => Ready(new BytesTarget())),
        ("dense", () => Ready(new DenseTarget())),
        ("safetensors", () => Ready(new HeaderTarget())),
        ("folders", () => Ready(new FolderTarget())),
        ("contents", () => Ready(new ContentsTarget())),
        ("manifests", () => Ready(new LoadManifestTarget())),
        ("patches", () => Ready(new PatchTarget())),
        ("torch", () => Ready(new TorchTarget())),
        ("info", () => Ready(new InfoTarget())),
        ("parts", () => Ready(new PartsTarget())),
        ("store", StoreTarget.CreateAsync),
        ("http", HttpTarget.CreateAsync),
    ];

    public static IEnumerable<string> Names => All.Select(target => target.Name);

    /// <summary>Makes one, or all.</summary>
    public static async Task<IReadOnlyList<FuzzTarget>> CreateAsync(string? name)
    {
        var made = new List<FuzzTarget>();
        foreach (var (_, create) in All.Where(target => name is null || target.Name == name))
        {
            made.Add(await create());
        }

        return made;
    }

    private static Task<FuzzTarget> Ready(FuzzTarget target) => Task.FromResult(target);
}
