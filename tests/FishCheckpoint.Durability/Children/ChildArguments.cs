using FishCheckpoint.Codec;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Children;

/// <summary>What a child process is to do.</summary>
/// <param name="Folder">The data folder; what it hands in lies beside it.</param>
/// <param name="Seed">The seed of the operations; negative: the script.</param>
/// <param name="First">The number of the first one.</param>
/// <param name="Count">How many; then it closes the store.</param>
/// <param name="Dense">Whether bases are compressed.</param>
/// <param name="MaxRefusals">How many operations may be refused because the disk does, before it ends.</param>
/// <param name="Grace">Whether what is deleted can be brought back; otherwise it goes at once.</param>
public sealed record ChildArguments(string Folder, int Seed, int First, int Count, bool Dense = false, int MaxRefusals = int.MaxValue, bool Grace = true)
{
    public StoreOptions ToOptions() => new()
    {
        // Longer than any run, and on a full disk too.
        DeletionGrace = Grace ? TimeSpan.FromDays(30) : TimeSpan.Zero,
        MinFreeBytes = 0, DataFolder = Folder, Codec = new CodecOptions { Effort = CodecEffort.Fast }, Bases = Dense ? BaseCompression.Compressed : BaseCompression.None,
        Retention = ModelRetention.OfStore,
    };

    public string[] ToList() => [Folder, $"{Seed}", $"{First}", $"{Count}", $"{Dense}", $"{MaxRefusals}", $"{Grace}"];

    public static ChildArguments Parse(IReadOnlyList<string> list) =>
        new(list[0], int.Parse(list[1]), int.Parse(list[2]), int.Parse(list[3]), bool.Parse(list[4]), int.Parse(list[5]), bool.Parse(list[6]));
}
