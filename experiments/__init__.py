"""The three settings of "Training Neural Networks with Fixed Sparse Masks" on Fashion-MNIST, each saved through a FishCheckpoint server."""
