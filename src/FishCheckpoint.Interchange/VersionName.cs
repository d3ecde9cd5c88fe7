using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange;

/// <summary>What a version is called: a whole number in most systems, any text in some.</summary>
internal static class VersionName
{
    private const int Longest = 512;

    /// <summary>The number that a version's name is; <see langword="null"/> if it is another text.</summary>
    public static long? NumberOf(string name) =>
        long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Whether two names are one version: numbers may be padded.</summary>
    public static bool Same(string left, string right) =>
        left == right || (NumberOf(left) is { } number && NumberOf(right) == number);

    /// <summary>One key for all spellings of a version.</summary>
    public static string KeyOf(string name) => NumberOf(name)?.ToString(CultureInfo.InvariantCulture) ?? name;

    /// <summary>Refuses a name that is no name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static string Check(string name, string key) => name.Length is > 0 and <= Longest && !name.Any(char.IsControl) ? name
        : throw new FishException(
            ErrorCode.VersionInvalid, key, $"A version's name has 1 to {Longest} characters, none of them a control character.",
            "Write the version again.");

    /// <summary>
    /// Refuses the name of a file that is more than the name of a file, or that this system cannot have, before anything of this name is
    /// opened.
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
                $"'{(file.Length <= 80 ? file : file[..80])}' is no name for a file of a version: {error.Cause}",
                $"File names match {Names.Pattern}.", error);
        }
    }
}
