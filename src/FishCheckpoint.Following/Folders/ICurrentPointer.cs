namespace FishCheckpoint.Following.Folders;

/// <summary>Points at one folder beside it. It moves in one step: who follows it finds the old folder or the new one.</summary>
internal interface ICurrentPointer
{
    /// <summary>The pointer of this system.</summary>
    static ICurrentPointer Here { get; } = OperatingSystem.IsWindows()
        ? new TextPointer(new LinkCalls(), (written, place) => Tensors.AtomicFile.Replace(written, place, mayBeAway: false))
        : new LinkPointer();

    /// <summary>The name of the folder that it points at; <see langword="null"/> where there is no pointer.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.FolderTaken"/>: something else has its name, or it leads
    /// elsewhere.</exception>
    string? Read(string folder);

    /// <summary>Points it at a folder, durably.</summary>
    /// <param name="folder">The folder that the pointer is in.</param>
    /// <param name="target">The name of a folder beside the pointer.</param>
    /// <param name="temporary">A free path that may be used meanwhile. The folder's next owner removes what a crash leaves there.
    /// </param>
    /// <returns>What could not be done beside that; <see langword="null"/>: nothing.</returns>
    string? Move(string folder, string target, string temporary);

    /// <summary>Brings in order what a crash has left between the steps of a move.</summary>
    /// <returns>As <see cref="Move"/>.</returns>
    string? Mend(string folder, string temporary);
}
