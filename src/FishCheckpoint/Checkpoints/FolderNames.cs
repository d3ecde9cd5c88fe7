using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// The names of the files that one folder is to hold, each checked before its file is made. <see cref="Names.CheckFile"/> is the same on
/// every system; this check adds what the system at hand cannot have: a file <c>con.json</c> on Windows, or <c>Config.json</c> beside
/// <c>config.json</c> on Windows and macOS.
/// </summary>
internal sealed class FolderNames
{
    private readonly FileNaming naming;
    private readonly HashSet<string> taken;
    private readonly HashSet<string> folders;

    /// <summary>An empty folder on this system.</summary>
    public FolderNames()
        : this(FileNaming.Here)
    {
    }

    internal FolderNames(FileNaming naming) => 
        (this.naming, taken, folders) = (naming, new HashSet<string>(naming.Comparer), new HashSet<string>(naming.Comparer));

    /// <summary>How this system compares names: whether two that differ in case alone are one.</summary>
    public static StringComparer Comparer => FileNaming.Here.Comparer;

    /// <summary>Checks a name, and takes it.</summary>
    /// <param name="name">A file's name, or its path in the folder, divided by <c>/</c>.</param>
    /// <returns>The name.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>: it is no name of a model's file, this system cannot have a
    /// file of this name, or the name is taken.</exception>
    public string Add(string name)
    {
        var segments = Names.CheckFilePath(name).Split('/');
        if (segments.Select(naming.FindProblem).FirstOrDefault(found => found is not null) is { } problem)
        {
            throw new FishException(
                ErrorCode.NameInvalid, name, problem, "Write it on Linux or macOS, or give the file another name and add its base again.");
        }

        var parents = Enumerable.Range(1, segments.Length - 1).Select(count => string.Join('/', segments.Take(count))).ToArray();
        if (folders.Contains(name) || Array.Exists(parents, taken.Contains))
        {
            throw new FishException(ErrorCode.NameInvalid, name, "A file and a folder have this name.", "Give one of them another name.");
        }

        folders.UnionWith(parents);
        if (taken.Add(name))
        {
            return name;
        }

        taken.TryGetValue(name, out var other);
        throw other == name
            ? new FishException(ErrorCode.NameInvalid, name, "There are two files of this name.", "Send each file once.")
            : new FishException(
                ErrorCode.NameInvalid, name, $"'{other}' is there too, and {naming.Name} cannot have both in one folder.",
                "Write them on Linux, or give one another name and add its base again.");
    }

    /// <summary>Checks one name, which is no path.</summary>
    /// <returns>The name.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string Check(string name) => new FolderNames().Add(Names.CheckFile(name));

    /// <summary>Checks all names of one folder.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static void CheckAll(IEnumerable<string> names)
    {
        var folder = new FolderNames();
        foreach (var name in names)
        {
            folder.Add(name);
        }
    }
}
