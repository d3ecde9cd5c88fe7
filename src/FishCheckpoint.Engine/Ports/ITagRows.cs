
namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about tags.</summary>
internal interface ITagRows
{
    /// <summary>The tags of a checkpoint, in order.</summary>
    List<string> Of(long checkpoint);
}

/// <summary>Changes tags.</summary>
internal interface ITagChanges : ITagRows
{
    /// <summary>Takes its tags from a checkpoint.</summary>
    /// <returns>Their names.</returns>
    List<string> Take(long checkpoint);

    /// <summary>Sets a tag of a task on a checkpoint, wherever it was.</summary>
    void Set(long task, string tag, long checkpoint);

    /// <summary>Removes a tag of a task.</summary>
    /// <returns>Whether there was one.</returns>
    bool Remove(long task, string tag);
}
