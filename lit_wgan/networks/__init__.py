"""Generators and critics of the papers.

A generator maps ``z`` of shape ``(N, latent_dim)`` to samples; images are ``(N, C, H, W)`` in ``[-1, 1]``, series and
volumes have their channels where ``channel_axis`` says. A critic maps samples to scores ``(N,)``, without a squashing
head; under the GAN loss it is the discriminator and its scores are logits. A conditional network takes its condition
second: ``generator(z, condition)``, ``critic(x, condition)``.
"""

from lit_wgan.networks.bottleneck import BottleneckResNetCritic, BottleneckResNetGenerator
from lit_wgan.networks.concatenation import Concatenated
from lit_wgan.networks.dcgan import DCGANCritic, DCGANGenerator
from lit_wgan.networks.field import FieldGenerator
from lit_wgan.networks.maxout import MaxoutCritic
from lit_wgan.networks.mlp import MLPCritic, MLPGenerator
from lit_wgan.networks.recurrent import GRUCritic, GRUGenerator
from lit_wgan.networks.resnet import CIFARResNetCritic, CIFARResNetGenerator, ResNet64Critic, ResNet64Generator
from lit_wgan.networks.resnet_any import ResNetCritic, ResNetGenerator
from lit_wgan.networks.rows import Rows
from lit_wgan.networks.series_resnet import SeriesResNetCritic, SeriesResNetGenerator
from lit_wgan.networks.table import TableCritic, TableGenerator
from lit_wgan.networks.table_head import TableHead
from lit_wgan.networks.transformer import TransformerCritic, TransformerGenerator

__all__ = [
    "BottleneckResNetCritic",
    "BottleneckResNetGenerator",
    "CIFARResNetCritic",
    "CIFARResNetGenerator",
    "Concatenated",
    "DCGANCritic",
    "DCGANGenerator",
    "FieldGenerator",
    "GRUCritic",
    "GRUGenerator",
    "MLPCritic",
    "MLPGenerator",
    "MaxoutCritic",
    "ResNet64Critic",
    "ResNet64Generator",
    "ResNetCritic",
    "ResNetGenerator",
    "Rows",
    "SeriesResNetCritic",
    "SeriesResNetGenerator",
    "TableCritic",
    "TableGenerator",
    "TableHead",
    "TransformerCritic",
    "TransformerGenerator",
]
