using System.Text.Json;
using System.Text.Json.Serialization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Load;

/// <summary>A file that a load has written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
/// <param name="Modified">When it was written last, in 100 ns since 1970: a file with this time and length was not changed since. 0: its
/// digest alone says so.</param>
public sealed record LoadedFile(string Name, long Bytes, Digest Sha256, long Modified);

/// <summary>
/// What a folder says of the files that loads have written there, in its <c>.fish-load.json</c> (docs/reference/cli.md). The Python client
/// reads and writes the same.
/// </summary>
/// <param name="Version">Of this form: 1.</param>
/// <param name="Files">The files of the last load.</param>
/// <param name="Earlier">While a load moves its files into place: those of the load before it, of which some may be there still.</param>
internal sealed record LoadManifest(
    int Version, IReadOnlyList<LoadedFile> Files,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LoadedFile>? Earlier = null)
{
    /// <summary>The name of its file.</summary>
    public const string FileName = ".fish-load.json";

    /// <summary>The version that is written.</summary>
    public const int Current = 1;

    private const long MaxBytes = 1 << 24;

    /// <summary>All files that a load has written, by name: more than one where a load was interrupted.</summary>
    public ILookup<string, LoadedFile> ByName() => Files.Concat(Earlier ?? []).ToLookup(file => file.Name, FolderNames.Comparer);

    /// <summary>Reads the manifest of a folder.</summary>
    /// <returns>One without files where there is none.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: it is none that this program reads, so that it cannot say whose
    /// the files are.</exception>
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

    /// <summary>Writes the manifest: whole and durable, or not at all.</summary>
    public void Write(string folder)
    {
        using var file = AtomicFile.Create(Path.Combine(folder, FileName));
        JsonSerializer.Serialize(file.Stream, this, FishJson.Options);
        file.Commit();
    }

    private static FishException Unreadable(string path, Exception? error) => new(
        ErrorCode.FolderTaken, path, "The list of the files that loads have written here cannot be read.",
            "Load into another folder, or delete this file and what an earlier load left.", error);
}
