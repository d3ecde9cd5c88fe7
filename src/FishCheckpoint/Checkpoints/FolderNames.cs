using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// The file names in one target folder, each checked before its file is created. <see cref="Names.CheckFile"/> is the same on every system.
/// This check adds the current system's restrictions: no <c>con.json</c> on Windows, and no <c>Config.json</c> beside <c>config.json</c> on
/// Windows and macOS.
/// </summary>
internal sealed class FolderNames
{
    private readonly FileNaming naming;
    private readonly HashSet<string> taken;
    private readonly HashSet<string> folders;

    /// <summary>Creates an empty set for the current system.</summary>
    public FolderNames()
        : this(FileNaming.Here)
    {
    }

    internal FolderNames(FileNaming naming) => 
        (this.naming, taken, folders) = (naming, new HashSet<string>(naming.Comparer), new HashSet<string>(naming.Comparer));

    /// <summary>How the current system compares names: with or without case.</summary>
    public static StringComparer Comparer => FileNaming.Here.Comparer;

    /// <summary>Checks and adds a name.</summary>
    /// <param name="name">A file's name, or its path in the folder, separated by <c>/</c>.</param>
    /// <returns>The name.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>: the name is invalid, the system does not support it, or it is
    /// already in use.</exception>
    public string Add(string name)
    {
        var segments = Names.CheckFilePath(name).Split('/');
        if (segments.Select(naming.FindProblem).FirstOrDefault(found => found is not null) is { } problem)
        {
            throw new FishException(
                ErrorCode.NameInvalid, name, problem, "Load it on Linux or macOS, or rename the file and add its base again.");
        }

        var parents = Enumerable.Range(1, segments.Length - 1).Select(count => string.Join('/', segments.Take(count))).ToArray();
        if (folders.Contains(name) || Array.Exists(parents, taken.Contains))
        {
            throw new FishException(ErrorCode.NameInvalid, name, "A file and a folder have the same name.", "Rename one of them.");
        }

        folders.UnionWith(parents);
        if (taken.Add(name))
        {
            return name;
        }

        taken.TryGetValue(name, out var other);
        throw other == name
            ? new FishException(ErrorCode.NameInvalid, name, "The folder has two files of this name.", "Send each file once.")
            : new FishException(
                ErrorCode.NameInvalid, name, $"{naming.Name} cannot have this file beside '{other}' in one folder.",
                "Load them on Linux, or rename one and add its base again.");
    }

    /// <summary>Checks one file name without folders.</summary>
    /// <returns>The name.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string Check(string name) => new FolderNames().Add(Names.CheckFile(name));

    /// <summary>Checks all names in one folder.</summary>
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
