using System.Formats.Tar;
using System.Runtime.CompilerServices;
using FishCheckpoint.Api.Errors;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Bodies;

/// <summary>
/// A folder as a tar stream: regular files with their paths, one after another. It refuses links, devices and paths outside the folder. It
/// skips dot-files and names that no model file may have, like a folder on disk.
/// </summary>
internal static class TarFiles
{
    private const int MaxFiles = 10_000;

    /// <summary>The files; read each before requesting the next. After the last one, the whole body was read.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.RequestInvalid"/>,
    /// <see cref="ErrorCode.TooLarge"/>, <see cref="ErrorCode.BodyTruncated"/>.</exception>
    /// <param name="body">The stream.</param>
    /// <param name="leftOut">Receives the names of skipped files.</param>
    /// <param name="cancellation">Cancels the reading.</param>
    public static async IAsyncEnumerable<UploadFile> ReadAsync(
        Stream body, ICollection<LeftOutFile> leftOut, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using var tar = new TarReader(body, leaveOpen: true);
        var names = new FolderNames();
        var count = 0;
        while (await NextAsync(tar, cancellation) is { } entry)
        {
            if (NameOf(entry) is not { } name)
            {
                continue;
            }

            if (++count > MaxFiles)
            {
                throw new FishException(
                    ErrorCode.TooLarge, "tar", $"The folder has more than {MaxFiles} files.", "Send the model's files only.");
            }

            if (ReasonOf(name) is { } reason)
            {
                leftOut.Add(new LeftOutFile(name, reason));
                continue;
            }

            names.Add(name);
            yield return new UploadFile(name, new TarEntryStream(entry.DataStream ?? Stream.Null, entry.Length, name));
        }

        // Padding follows the end mark; reading it lets the body verify its length and digest.
        await body.CopyToAsync(Stream.Null, cancellation);
    }

    private static async Task<TarEntry?> NextAsync(TarReader tar, CancellationToken cancellation)
    {
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, cancellation);
        }
        catch (EndOfStreamException error)
        {
            throw BodyErrors.Truncated("tar", error);
        }
        catch (Exception error)
            when (error is InvalidDataException or FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw new FishException(ErrorCode.RequestInvalid, "tar", $"The body is not a tar stream: {error.Message}",
                "Create it with: tar -C FOLDER -cf - .", error);
        }
    }

    // Names that lead outside the folder are never skipped: the name rule refuses them.
    private static string? ReasonOf(string name)
    {
        var segments = name.Split('/');
        return FilePaths.IsValid(name) || Array.Exists(segments, segment => segment is "" or "." or "..")
            || name.AsSpan().ContainsAny('\\', ':', '\0') ? null
            : Array.Exists(segments, segment => segment.StartsWith('.')) ? "hidden" : "a name that cannot be stored";
    }

    // Null for a folder.
    private static string? NameOf(TarEntry entry)
    {
        var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes || entry.EntryType is TarEntryType.Directory)
        {
            return null;
        }

        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
        {
            throw new FishException(
                ErrorCode.NameInvalid, Shown(name), $"A folder may contain only regular files, not a {entry.EntryType}.",
                "Create it with: tar -C FOLDER -cf - FILES.");
        }

        return name;
    }

    private static string Shown(string name) => name.Length <= 80 ? name : $"{name[..77]}...";
}
