namespace FishCheckpoint.Durability.Power;

/// <summary>A name that appeared in a folder, or went from it, and is not durable yet.</summary>
/// <param name="call">The number of the call: the two names of a renaming have the same.</param>
/// <param name="folder">The folder.</param>
/// <param name="name">The name.</param>
/// <param name="node">What it stands for from now on; <see langword="null"/>: nothing.</param>
/// <param name="isLeft">Whether it goes because its file moves to another name.</param>
public sealed class NameChange(int call, DiskFolder folder, string name, object? node, bool isLeft)
{
    public int Call => call;

    public DiskFolder Folder => folder;

    public string Name => name;

    public object? Node => node;

    public bool IsLeft => isLeft;

    /// <summary>Whether something was synced since: a journal has it then.</summary>
    public bool IsInJournal { get; set; }

    /// <summary>Whether the file that it names was synced since.</summary>
    public bool IsNodeSynced { get; set; }

    /// <summary>Puts it into a folder's names.</summary>
    public void Apply(Dictionary<string, object> names)
    {
        if (node is null)
        {
            names.Remove(name);
        }
        else
        {
            names[name] = node;
        }
    }
}
