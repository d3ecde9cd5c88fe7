using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Files;

/// <summary>Compares a new version with an existing one.</summary>
internal static class SameFiles
{
    /// <summary>Refuses an existing version with other content.</summary>
    /// <param name="written">The new file or folder.</param>
    /// <param name="place">The existing one.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>.</exception>
    public static void Require(string written, string place)
    {
        if (!(Directory.Exists(written) ? SameFolders(written, place) : SameContent(written, place)))
        {
            throw new FishException(
                ErrorCode.FolderTaken, place, "Another version already has this name.",
                "Export into another folder, or remove the old version if no follower uses it.");
        }
    }

    private static bool SameFolders(string left, string right)
    {
        string[] Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];
        var files = Files(left);
        return files.SequenceEqual(Files(right))
            && Array.TrueForAll(files, file => SameContent(Path.Combine(left, file), Path.Combine(right, file)));
    }

    private static bool SameContent(string left, string right)
    {
        if (!File.Exists(right))
        {
            return false;
        }

        using var one = PositionalFile.Open(left);
        using var two = PositionalFile.Open(right);
        var length = RandomAccess.GetLength(one);
        if (length != RandomAccess.GetLength(two))
        {
            return false;
        }

        var (a, b) = (new byte[1 << 16], new byte[1 << 16]);
        for (var offset = 0L; offset < length;)
        {
            var part = (int)Math.Min(a.Length, length - offset);
            PositionalFile.ReadExactly(one, offset, a.AsSpan(0, part), left);
            PositionalFile.ReadExactly(two, offset, b.AsSpan(0, part), right);
            if (!a.AsSpan(0, part).SequenceEqual(b.AsSpan(0, part)))
            {
                return false;
            }

            offset += part;
        }

        return true;
    }
}
