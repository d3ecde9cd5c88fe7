using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Following.Load;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Folders;

/// <summary>
/// What a folder says of the files that loads have written there. What is taken names files in the folder alone, is the same after it was
/// written, and lets nothing go that is not as it says.
/// </summary>
internal sealed class LoadManifestTarget : FuzzTarget
{
    private static readonly byte[] Content = "content"u8.ToArray();

    public override string Name => "manifests";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        Seed(new LoadManifest(LoadManifest.Current, [])),
        Seed(new LoadManifest(LoadManifest.Current, [Entry("kept.json"), Entry("sub/vocab.txt")])),
        Seed(new LoadManifest(LoadManifest.Current, [Entry("kept.json")], [Entry("kept.json", 3), Entry("model.safetensors")])),
    ];

    public override byte[] Mutate(Random random, byte[] input, byte[] other) =>
        random.Next(10) == 0 ? ByteMutator.Mutate(random, input, other) : JsonMutator.Mutate(random, input, other);

    public override string Run(byte[] input)
    {
        Directory.CreateDirectory(Folder["sub"]);
        foreach (var name in new[] { "kept.json", "sub/vocab.txt", "model.safetensors" })
        {
            File.WriteAllBytes(Folder[name], Content);
        }

        File.WriteAllBytes(Folder[LoadManifest.FileName], input);
        var read = LoadManifest.Read(Folder.Path);
        WrongException.Unless(read.Files.Concat(read.Earlier ?? []).All(file => FilePaths.IsValid(file.Name) && file.Bytes >= 0),
            "A file is named that none can be.");
        var again = Seed(read);
        read.Write(Folder.Path);
        WrongException.Unless(again.AsSpan().SequenceEqual(File.ReadAllBytes(Folder[LoadManifest.FileName])),
            "The manifest is another one after it was written.");
        WrongException.Unless(Seed(LoadManifest.Read(Folder.Path)).AsSpan().SequenceEqual(again),
            "The manifest is another one after it was read.");

        var plan = FolderPlan.Of(Folder.Path, new HashSet<string>(StringComparer.Ordinal) { "model.safetensors" }, read, replace: true);
        WrongException.Unless(
            plan.Remove.All(name => read.ByName()[name].Any(file => file.Bytes == Content.Length && File.Exists(Folder[name]))),
                "A file would go that no load has written so.");
        var interrupted = read.Earlier is null ? "" : "interrupted, ";
        return $"{Math.Min(3, read.Files.Count)} files, {interrupted}{plan.Remove.Count} to remove, {plan.Kept.Count} kept";
    }

    private static LoadedFile Entry(string name, long bytes = 7) => new(name, bytes, Digest.Of(Content), 0);

    private static byte[] Seed(LoadManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, FishJson.Options);
}
