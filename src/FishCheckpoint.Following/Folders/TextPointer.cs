using System.Text;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>
/// The file <c>current.txt</c> with the folder's name, replaced atomically, and beside it the link <c>current</c> for readers that want a
/// path. Windows cannot replace a link atomically, and few users may create one, so the file decides and the link follows it.
/// </summary>
/// <param name="links">The system calls about links.</param>
/// <param name="replace">Replaces a file with a finished one; the file exists at every moment.</param>
internal sealed class TextPointer(LinkCalls links, Action<string, string> replace) : ICurrentPointer
{
    /// <summary>The file's name.</summary>
    public const string FileName = "current.txt";

    // A name has at most 128 characters; an editor may have added a mark and the end of a line.
    private const int MaxBytes = 256;

    /// <inheritdoc/>
    public string? Read(string folder)
    {
        var linked = LinkPointer.TargetIn(folder);
        var file = new FileInfo(Path.Combine(folder, FileName));
        if (!file.Exists)
        {
            return linked;
        }

        var text = file.Length <= MaxBytes ? ReadText(file.FullName).Trim() : string.Empty;
        return Names.IsValid(text) ? text : throw new FishException(
            ErrorCode.FolderTaken, file.FullName, "It does not hold the name of a folder beside it.",
            "Pull into another folder, or remove it.");
    }

    /// <inheritdoc/>
    public string? Move(string folder, string target, string temporary)
    {
        using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(Encoding.UTF8.GetBytes($"{target}\n"));
            AtomicFile.SyncFile(file);
        }

        // Replaced, never moved aside: at every moment a reader finds a file.
        replace(temporary, Path.Combine(folder, FileName));
        AtomicFile.SyncFolder(folder);
        return Link(folder, target, temporary);
    }

    /// <inheritdoc/>
    public string? Mend(string folder, string temporary) =>
        Read(folder) is { } target && LinkPointer.TargetIn(folder) != target && Directory.Exists(Path.Combine(folder, target))
            ? Link(folder, target, temporary) : null;

    private string? Link(string folder, string target, string temporary)
    {
        var path = Path.Combine(folder, LinkPointer.Name);
        try
        {
            // Created before the old link is removed: without the permission, a missing link is better than one to an older model.
            Exception? refused = null;
            try
            {
                links.Create(temporary, target);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                refused = error;
            }

            if (LinkPointer.TargetIn(folder) is not null)
            {
                links.Remove(path);
            }

            if (refused is not null)
            {
                return $"{Refusal(path, refused)} Windows makes links for administrators and in its developer mode.";
            }

            links.Move(temporary, path);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Remove(temporary);
            return Refusal(path, error);
        }
    }

    private void Remove(string temporary)
    {
        try
        {
            links.Remove(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The folder's next owner removes the rest.
        }
    }

    private static string ReadText(string path)
    {
        using var reader = new StreamReader(PositionalFile.OpenStream(path), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string Refusal(string path, Exception error) =>
        $"The link '{path}' cannot be created: {error.Message} Read the name of the newest folder in {FileName} beside it.";
}
