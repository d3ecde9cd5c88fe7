using System.Text.Json;
using System.Text.Json.Serialization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Load;

/// <summary>A file that a load wrote.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
/// <param name="Modified">When it was last written, in units of 100 ns since 1970. A file with this time and length was not changed since.
/// 0: only the digest decides.</param>
public sealed record LoadedFile(string Name, long Bytes, Digest Sha256, long Modified);

/// <summary>
/// The record of the files that loads wrote to a folder, its <c>.fish-load.json</c> (docs/reference/cli.md). The Python client reads and
/// writes the same form.
/// </summary>
/// <param name="Version">The record's version: 1.</param>
/// <param name="Files">The files of the last load.</param>
/// <param name="Earlier">While a load moves its files into place: the files of the previous load, some of which may still exist.</param>
internal sealed record LoadManifest(
    int Version, IReadOnlyList<LoadedFile> Files,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LoadedFile>? Earlier = null)
{
    /// <summary>The record's file name.</summary>
    public const string FileName = ".fish-load.json";

    /// <summary>The version that this program writes.</summary>
    public const int Current = 1;

    private const long MaxBytes = 1 << 24;

    /// <summary>All files that loads wrote, by name. An interrupted load may give one name several entries.</summary>
    public ILookup<string, LoadedFile> ByName() => Files.Concat(Earlier ?? []).ToLookup(file => file.Name, FolderNames.Comparer);

    /// <summary>Reads the record of a folder.</summary>
    /// <returns>A record without files if there is none.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the record is unreadable or of an unknown form, so the owner of
    /// the files is unknown.</exception>
    public static LoadManifest Read(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, FileName));
        if (!file.Exists)
        {
            return new LoadManifest(Current, []);
        }

        try
        {
            var read = file.Length <= MaxBytes ? JsonSerializer.Deserialize<LoadManifest>(File.ReadAllBytes(file.FullName),
                FishJson.Options) : null;
            if (read is { Version: Current, Files: not null }
                && read.Files.Concat(read.Earlier ?? []).All(item => item is { Name: not null, Bytes: >= 0 }))
            {
                foreach (var name in read.ByName())
                {
                    new FolderNames().Add(name.Key);
                }

                return read;
            }
        }
        catch (Exception error) when (error is JsonException or FishException)
        {
            throw Unreadable(file.FullName, error);
        }

        throw Unreadable(file.FullName, null);
    }

    /// <summary>Writes the record atomically and durably.</summary>
    public void Write(string folder)
    {
        using var file = AtomicFile.Create(Path.Combine(folder, FileName));
        JsonSerializer.Serialize(file.Stream, this, FishJson.Options);
        file.Commit();
    }

    private static FishException Unreadable(string path, Exception? error) => new(
        ErrorCode.FolderTaken, path, "The record of the files that earlier loads wrote here cannot be read.",
            "Load into another folder, or delete this file and the files of the earlier load.", error);
}
