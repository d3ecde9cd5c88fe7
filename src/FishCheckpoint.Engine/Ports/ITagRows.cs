
namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads tags.</summary>
internal interface ITagRows
{
    /// <summary>The tags of a checkpoint, in order.</summary>
    List<string> Of(long checkpoint);
}

/// <summary>Changes tags.</summary>
internal interface ITagChanges : ITagRows
{
    /// <summary>Removes all tags from a checkpoint.</summary>
    /// <returns>Their names.</returns>
    List<string> Take(long checkpoint);

    /// <summary>Sets a tag of a task on a checkpoint, and removes it from any other.</summary>
    void Set(long task, string tag, long checkpoint);

    /// <summary>Removes a tag of a task.</summary>
    /// <returns>Whether the tag existed.</returns>
    bool Remove(long task, string tag);
}
