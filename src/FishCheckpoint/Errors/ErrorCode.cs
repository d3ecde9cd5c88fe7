namespace FishCheckpoint.Errors;

/// <summary>
/// Every way an operation can be refused. The names are stable and part of the HTTP surface, where they stand in upper case
/// (<see cref="BaseMismatch"/> is <c>BASE_MISMATCH</c>); see <see cref="ErrorCodes"/>.
/// </summary>
public enum ErrorCode
{
    /// <summary>A name does not match <c>[A-Za-z0-9][A-Za-z0-9._-]{0,127}</c> or is reserved.</summary>
    NameInvalid,
    /// <summary>A step is not a non-negative 64-bit integer, or a step reference cannot be read.</summary>
    StepInvalid,
    /// <summary>A request's parameter or JSON body cannot be read.</summary>
    RequestInvalid,
    /// <summary>The body's media type is not one that the route takes.</summary>
    MediaTypeUnsupported,
    /// <summary>A requested byte range lies outside the representation.</summary>
    RangeInvalid,
    /// <summary>A limit of the store or of the server would be passed.</summary>
    TooLarge,
    /// <summary>The body ended before its declared length.</summary>
    BodyTruncated,
    /// <summary>The content does not have the digest it was announced with.</summary>
    DigestMismatch,

    /// <summary>No base has this name or id.</summary>
    BaseNotFound,
    /// <summary>No task has this name.</summary>
    TaskNotFound,
    /// <summary>The task has no such checkpoint.</summary>
    CheckpointNotFound,
    /// <summary>The checkpoint carries no trainer state.</summary>
    StateNotFound,
    /// <summary>The task has no such tag.</summary>
    TagNotFound,
    /// <summary>The model has no such file.</summary>
    FileNotFound,
    /// <summary>A file is there and cannot be read.</summary>
    FileUnreadable,
    /// <summary>The route does not exist.</summary>
    RouteNotFound,
    /// <summary>There is no such key, or it is revoked already.</summary>
    KeyNotFound,
    /// <summary>The data folder does not exist, or holds no store.</summary>
    StoreNotFound,

    /// <summary>The base's name is taken by other content.</summary>
    BaseTaken,
    /// <summary>The base is the base of tasks.</summary>
    BaseInUse,
    /// <summary>The task exists with another base or other own tensors.</summary>
    TaskTaken,
    /// <summary>The step holds a checkpoint with other content.</summary>
    StepTaken,
    /// <summary>The checkpoint already carries another trainer state.</summary>
    StateTaken,
    /// <summary>The task has the checkpoints of another run, which this one did not resume.</summary>
    RunTaken,
    /// <summary>The checkpoint is pinned, and so cannot be deleted.</summary>
    CheckpointPinned,
    /// <summary>A key that is not revoked has the name.</summary>
    KeyTaken,

    /// <summary>The server takes requests with a key only, and none came.</summary>
    KeyRequired,
    /// <summary>The key is unknown, expired or revoked.</summary>
    KeyInvalid,
    /// <summary>The key does not reach so far.</summary>
    KeyForbidden,
    /// <summary>The server would listen beyond loopback without a key that anyone could have.</summary>
    AccessUnprotected,
    /// <summary>The server has as much to do as its limits allow.</summary>
    TooManyRequests,
    /// <summary>The disk has no room for the upload.</summary>
    InsufficientStorage,
    /// <summary>The task's or the key's quota would be passed.</summary>
    QuotaExceeded,

    /// <summary>The content was made against another base or parent than the one it is saved against.</summary>
    BaseMismatch,
    /// <summary>The frame was made for another layout than the task's.</summary>
    LayoutMismatch,
    /// <summary>A tensor has another dtype than the task layout says.</summary>
    DtypeMismatch,
    /// <summary>A tensor has another shape than the task layout says.</summary>
    ShapeMismatch,
    /// <summary>The task layout has no tensor of this name.</summary>
    TensorUnknown,
    /// <summary>A tensor of the task layout is missing from a full model.</summary>
    TensorMissing,
    /// <summary>The frames refer to a mask that the store does not hold.</summary>
    MaskUnknown,
    /// <summary>The save refers to a side file that neither a checkpoint of the task nor its base has.</summary>
    SideFileUnknown,
    /// <summary>Training changed values outside of the mask.</summary>
    MaskLeak,
    /// <summary>The trainer state is not of the training that is to go on with it.</summary>
    StateMismatch,

    /// <summary>Positions are not in ascending order.</summary>
    IndexUnsorted,
    /// <summary>A position occurs twice.</summary>
    IndexRepeated,
    /// <summary>A position lies outside its tensor.</summary>
    IndexOutOfRange,
    /// <summary>A sparse patch's indices and values do not belong together.</summary>
    PatchInvalid,
    /// <summary>A version breaks the rules of its interchange format, or the format cannot carry it (docs/guides/interchange.md).</summary>
    VersionInvalid,
    /// <summary>The version that a delta in an interchange format is laid on is not there.</summary>
    VersionNotFound,
    /// <summary>A pickle is damaged or hostile.</summary>
    PickleInvalid,
    /// <summary>A pickle asks for something other than a tensor or a container; nothing was run (docs/guides/pytorch.md).</summary>
    PickleRefused,
    /// <summary>A PyTorch file is damaged, or not what its format says.</summary>
    TorchFileInvalid,

    /// <summary>The file is something else than a safetensors file, as a Git LFS pointer or an archive.</summary>
    NotSafetensors,
    /// <summary>The safetensors header is longer than allowed or than the file.</summary>
    HeaderTooLarge,
    /// <summary>The file is too short to hold the header it announces.</summary>
    HeaderTruncated,
    /// <summary>The safetensors header does not start with <c>{</c>.</summary>
    HeaderInvalidStart,
    /// <summary>The safetensors header is not JSON of the format's form.</summary>
    HeaderInvalidJson,
    /// <summary>A key stands twice in the safetensors header.</summary>
    HeaderDuplicateKey,
    /// <summary><c>__metadata__</c> is not a map from string to string.</summary>
    HeaderInvalidMetadata,
    /// <summary>The dtype is none of the format's.</summary>
    HeaderUnknownDtype,
    /// <summary>A shape's product overflows or a dimension is negative.</summary>
    HeaderInvalidShape,
    /// <summary>Offsets overlap, leave a hole, run backwards or do not fit the shape.</summary>
    HeaderInvalidOffsets,
    /// <summary>The data is shorter or longer than the header's offsets say.</summary>
    HeaderDataMismatch,
    /// <summary>The elements of a packed dtype do not fill whole bytes.</summary>
    HeaderMisaligned,
    /// <summary>A sharded model's index does not fit its files, or a shard is missing.</summary>
    ShardIndexInvalid,
    /// <summary>A folder holds several models, and none of them is the one that a loader would take.</summary>
    ModelAmbiguous,

    /// <summary>The bytes are not a frame, or one of an unknown version.</summary>
    FrameInvalid,
    /// <summary>A frame declares sizes that it cannot have.</summary>
    FrameTooLarge,
    /// <summary>A frame's checksum or content is wrong.</summary>
    CorruptFrame,
    /// <summary>A base's bytes are not those that were stored.</summary>
    CorruptBase,
    /// <summary>A stored checkpoint's frames are damaged.</summary>
    CorruptCheckpoint,
    /// <summary>The database's content contradicts itself.</summary>
    CorruptStore,

    /// <summary>The folder holds something else than what is to be written there, or is in use.</summary>
    FolderTaken,
    /// <summary>Another backup into the folder is under way.</summary>
    BackupBusy,
    /// <summary>The data folder is a backup, copy or repair that was not finished.</summary>
    StoreIncomplete,
    /// <summary>The store can only be read: this user may not write its folder, or its file system is mounted for reading only.</summary>
    StoreReadOnly,
    /// <summary>The data folder was written by a newer version.</summary>
    StoreTooNew,
    /// <summary>The data folder or the disk cannot be written.</summary>
    StorageUnavailable,
    /// <summary>The server cannot be reached or answered something unexpected.</summary>
    ServerUnavailable,
    /// <summary>The checkpoint was deleted and its step saved with other content while it was read.</summary>
    CheckpointChanged,
    /// <summary>The server's certificate is not trusted.</summary>
    CertificateUntrusted,
    /// <summary>Another program listens at the address that the server was to listen at.</summary>
    AddressInUse,
}
