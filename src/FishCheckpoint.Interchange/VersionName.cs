using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange;

/// <summary>The name of a version: an integer in most systems, any text in some.</summary>
internal static class VersionName
{
    private const int MaxLength = 512;

    /// <summary>The number in a version's name; <see langword="null"/> if it is another text.</summary>
    public static long? NumberOf(string name) =>
        long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Whether two names denote one version: numbers may be padded.</summary>
    public static bool Same(string left, string right) =>
        left == right || (NumberOf(left) is { } number && NumberOf(right) == number);

    /// <summary>One key for all spellings of a version.</summary>
    public static string KeyOf(string name) => NumberOf(name)?.ToString(CultureInfo.InvariantCulture) ?? name;

    /// <summary>Refuses an invalid name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static string Check(string name, string key) => name.Length is > 0 and <= MaxLength && !name.Any(char.IsControl) ? name
        : throw new FishException(
            ErrorCode.VersionInvalid, key, $"A version's name must have 1 to {MaxLength} characters and no control characters.",
            "Write the version again.");

    /// <summary>
    /// Refuses a file name with a path, or one that this operating system does not allow, before anything is opened by it.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static string CheckFile(string file, string key)
    {
        try
        {
            return FolderNames.Check(file);
        }
        catch (FishException error)
        {
            throw new FishException(
                ErrorCode.VersionInvalid, key,
                $"'{(file.Length <= 80 ? file : file[..80])}' is not a valid file name of a version: {error.Cause}",
                $"File names must match {Names.Pattern}.", error);
        }
    }
}
