namespace FishCheckpoint.Following.Folders;

/// <summary>Points at one folder beside it. It moves atomically: a reader sees the old folder or the new one.</summary>
internal interface ICurrentPointer
{
    /// <summary>The kind of pointer that this operating system supports.</summary>
    static ICurrentPointer Here { get; } = OperatingSystem.IsWindows()
        ? new TextPointer(new LinkCalls(), (written, place) => Tensors.AtomicFile.Replace(written, place, mayBeAway: false))
        : new LinkPointer();

    /// <summary>The name of the target folder; <see langword="null"/> if there is no pointer.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.FolderTaken"/>: something else has its name, or its target is
    /// elsewhere.</exception>
    string? Read(string folder);

    /// <summary>Points it at a folder, durably.</summary>
    /// <param name="folder">The folder that contains the pointer.</param>
    /// <param name="target">The name of a folder beside the pointer.</param>
    /// <param name="temporary">An unused path for a temporary file. The folder's next owner removes it after a crash.</param>
    /// <returns>A warning about work that failed beside the move; <see langword="null"/>: none.</returns>
    string? Move(string folder, string target, string temporary);

    /// <summary>Repairs the pointer after a crash in the middle of a move.</summary>
    /// <returns>As <see cref="Move"/>.</returns>
    string? Mend(string folder, string temporary);
}
