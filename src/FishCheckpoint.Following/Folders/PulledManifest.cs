using System.Text.Json;
using System.Text.Json.Serialization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>One file of a pulled model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256 digest when it was written.</param>
internal sealed record PulledFile(string Name, long Bytes, Digest Sha256);

/// <summary>The manifest of a pulled model, its file <c>.fish.json</c> (docs/guides/following.md).</summary>
/// <param name="Version">The manifest's version: 1.</param>
/// <param name="Task">The task.</param>
/// <param name="Base">The identity of its base.</param>
/// <param name="Step">The step.</param>
/// <param name="State">The identity of the state, which a delta to a later step names as its parent.</param>
/// <param name="Files">Its files.</param>
/// <param name="Pulled">When it was pulled.</param>
/// <param name="SideFiles">The identity of the checkpoint's own side files; <see langword="null"/>: it has none.</param>
internal sealed record PulledManifest(
    int Version, string Task, Digest Base, long Step, Digest State, IReadOnlyList<PulledFile> Files, DateTimeOffset Pulled,
    Digest? SideFiles = null)
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = ".fish.json";

    /// <summary>The version that this program writes.</summary>
    public const int Current = 1;

    // A model of a thousand shards takes a few hundred kilobytes.
    private const long MaxBytes = 1 << 24;

    /// <summary>Bytes of all files.</summary>
    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Whether the folder holds the given version of a checkpoint.</summary>
    public bool Holds(CheckpointInfo checkpoint) => Step == checkpoint.Step && State == checkpoint.State
        && SideFiles == checkpoint.SideFiles;

    /// <summary>Reads the manifest of a folder.</summary>
    /// <returns><see langword="null"/> if it is missing or of an unknown form.</returns>
    public static PulledManifest? Read(string folder)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, FileName));
            var read = file.Exists && file.Length <= MaxBytes
                ? JsonSerializer.Deserialize<PulledManifest>(File.ReadAllBytes(file.FullName), FishJson.Options) : null;
            if (read is not { Version: Current, Step: >= 0, Task: not null, Files: not null }
                || !read.Files.All(file => file is { Bytes: >= 0, Name: not null }))
            {
                return null;
            }

            FolderNames.CheckAll(read.Files.Select(file => file.Name));
            return read;
        }
        catch (Exception error) when (error is JsonException or IOException or FishException)
        {
            return null;
        }
    }

    /// <summary>The manifest as JSON bytes.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, FishJson.Options);
}
